import { expect } from 'chai';
import fc from 'fast-check';
import {
  isIssuedBy,
  keyMatches,
  readCertificate,
  renewalTime,
  shortAddress,
  type CertificateInfo,
} from '../../../certs/index.js';

const minute = 60_000;
const day = 24 * 60 * minute;

/** As issued at time 0 with this validity: backdated by 5 minutes. */
const issuedAtZero = (validityMs: number): CertificateInfo => ({
  notBefore: -5 * minute,
  notAfter: validityMs,
  serial: '40',
  fingerprint256: '00',
  commonName: 'x',
  dnsNames: [],
  ipAddresses: [],
  isAuthority: false,
  usages: [],
});

describe('certs: renewal', () => {
  for (const [name, validityMs, renewBeforeMs, dueAt] of [
    ['is due renewBefore before the end', 90 * day, 30 * day, 60 * day],
    ['may be wished early', 90 * day, 50 * day, 40 * day],
    ['is never due in the first third of a life', 90 * day, 200 * day, 30 * day],
    ['works for a leaf of two minutes', 2 * minute, minute, minute],
    ['is due at the end when nothing is asked', day, 0, day],
  ] as const) {
    it(name, () => expect(renewalTime(issuedAtZero(validityMs), renewBeforeMs)).to.equal(dueAt));
  }

  it('is never due for what was just issued, and always once it has expired', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 4000 * day }), fc.nat(4000 * day), (validityMs, renewBeforeMs) => {
        const due = renewalTime(issuedAtZero(validityMs), renewBeforeMs);
        expect(due > 0 && due <= validityMs).to.equal(true);
      }),
    );
  });
});

describe('certs: reading', () => {
  it('answers for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(readCertificate(a)).to.equal(undefined);
        expect(keyMatches(a, b)).to.equal(false);
        expect(isIssuedBy(a, b)).to.equal(false);
      }),
    );
  });

  for (const [given, then] of [
    ['10.0.0.1', '10.0.0.1'],
    ['FD00:0::1', 'fd00::1'],
    ['2001:0db8:0000::00ff', '2001:db8::ff'],
    ['::ffff:10.0.0.9', '::ffff:10.0.0.9'],
    ['::FFFF:0a00:0009', '::ffff:10.0.0.9'],
  ] as const) {
    it(`has one spelling for the address ${given}`, () => expect(shortAddress(given)).to.equal(then));
  }
});
