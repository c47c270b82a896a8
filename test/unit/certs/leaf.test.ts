import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { createAuthority, issueLeaf, keyMatches, readCertificate } from '../../../certs/index.js';
import type { KeyPair, LeafRequest } from '../../../certs/index.js';
import { environment } from '../../../cmd/environment.js';

const hour = 3_600_000;

describe('certs: a leaf', () => {
  let authority: KeyPair;
  before(async () => {
    authority = await createAuthority({ commonName: 'ca', validityMs: 10 * hour }, environment);
  });
  const issue = (over: Partial<LeafRequest>): Promise<KeyPair> =>
    issueLeaf(
      { authority, commonName: 'leaf', dnsNames: [], ipAddresses: [], usages: ['client'], validityMs: hour, ...over },
      environment,
    );

  it('carries its names, organization and purposes, and cannot sign', async () => {
    const leaf = await issue({
      organization: 'quorate',
      usages: ['server'],
      dnsNames: ['a.b'],
      ipAddresses: ['10.0.0.1'],
    });
    expect(readCertificate(leaf.certificate)).to.deep.include({
      commonName: 'leaf',
      dnsNames: ['a.b'],
      ipAddresses: ['10.0.0.1'],
      usages: ['server'],
      isAuthority: false,
    });
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: leaf.certificate, encoding: 'utf8' });
    expect(text).to.match(/Subject: O = quorate, CN = leaf\n/);
    expect(text).to.match(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).to.match(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).to.match(/Authority Key Identifier:/);
    expect(keyMatches(leaf.certificate, leaf.key)).to.equal(true);
    expect(keyMatches(leaf.certificate, authority.key)).to.equal(false);
  });

  it('gives back exactly the names and addresses that it was asked for', async () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
    const dnsNames = fc.array(
      fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')),
      { maxLength: 6 },
    );
    const address = fc.oneof(fc.ipV4(), fc.constantFrom('::1', 'fd00::5:1', '2001:db8::ff00:42:8329', 'fe80::1'));
    await fc.assert(
      fc.asyncProperty(dnsNames, fc.array(address, { maxLength: 4 }), async (names, addresses) => {
        const { certificate } = await issue({ dnsNames: names, ipAddresses: addresses });
        expect(readCertificate(certificate)).to.deep.include({ dnsNames: names, ipAddresses: addresses });
      }),
      { numRuns: 15 },
    );
  });

  it('is for the whole of an IPv6 address that ends in an IPv4 one', async () => {
    const { certificate } = await issue({ ipAddresses: ['::10.0.0.9', '::ffff:10.0.0.9', '64:ff9b::10.0.0.9'] });
    expect(readCertificate(certificate)?.ipAddresses).to.deep.equal([
      '::10.0.0.9',
      '::ffff:10.0.0.9',
      '64:ff9b::a00:9',
    ]);
  });

  for (const [what, over, message] of [
    ['a common name that is too long', { commonName: 'x'.repeat(65) }, /1 to 64 characters/],
    ['no common name', { commonName: '' }, /1 to 64 characters/],
    ['an address that is none', { ipAddresses: ['10.0.0'] }, /not an IP address: "10.0.0"/],
  ] as const) {
    it(`is refused for ${what}`, async () => {
      const outcome = await issue(over).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(RangeError).with.property('message').that.matches(message);
    });
  }
});
