import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority, isIssuedBy, issueLeaf, keyMatches, readCertificate } from '../../../certs/index.js';
import type { Environment } from '../../../api/environment.js';
import { environment } from '../../../cmd/environment.js';

const hour = 3_600_000;
const at = Date.parse('2026-03-01T12:00:00.400Z');
const frozen = (now: number): Environment => ({ ...environment, clock: { ...environment.clock, now: () => now } });
const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

describe('certs: an authority', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-certs-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('signs leaves only, lives as long as asked and began 5 minutes ago', async () => {
    const authority = await createAuthority({ commonName: 'orders client', validityMs: 10 * hour }, frozen(at));
    const info = readCertificate(authority.certificate);
    expect(info).to.deep.include({
      commonName: 'orders client',
      isAuthority: true,
      dnsNames: [],
      ipAddresses: [],
      usages: [],
      notBefore: Date.parse('2026-03-01T11:55:00Z'),
      notAfter: Date.parse('2026-03-01T22:00:00Z'),
    });
    expect(keyMatches(authority.certificate, authority.key)).to.equal(true);
    const text = openssl('x509', '-noout', '-text', '-in', file('ca.crt', authority.certificate));
    expect(text).to.match(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).to.match(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text).to.match(/Signature Algorithm: ecdsa-with-SHA256/);
    expect(text).to.match(/NIST CURVE: P-256/);
  });

  it('never repeats a serial number, and each is positive and 16 bytes long', async () => {
    const serials = new Set<string>();
    for (let index = 0; index < 8; index++) {
      const { certificate } = await createAuthority({ commonName: 'x', validityMs: hour }, environment);
      serials.add(new X509Certificate(certificate).serialNumber);
    }
    expect(serials.size).to.equal(8);
    for (const serial of serials) expect(serial).to.match(/^[4-7][0-9A-F]{31}$/);
  });

  it('takes the serial number from the environment’s randomness', async () => {
    const random = { ...environment.random, bytes: (count: number) => new Uint8Array(count).fill(0xff) };
    const { certificate } = await createAuthority({ commonName: 'x', validityMs: hour }, { ...environment, random });
    expect(readCertificate(certificate)?.serial).to.equal('7f' + 'f'.repeat(30));
  });

  it('is verified by openssl for either purpose, and its leaf by name and address', async () => {
    const authority = await createAuthority({ commonName: 'orders peer', validityMs: 10 * hour }, environment);
    const leaf = await issueLeaf(
      {
        authority,
        commonName: 'orders-0',
        dnsNames: ['orders-0.orders-peers.shop.svc.cluster.local', '*.orders-peers.shop.svc'],
        ipAddresses: ['127.0.0.1', 'fd00::1'],
        usages: ['server', 'client'],
        validityMs: hour,
      },
      environment,
    );
    const ca = file('peer-ca.crt', authority.certificate);
    const crt = file('leaf.crt', leaf.certificate);
    for (const purpose of ['sslserver', 'sslclient']) {
      expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, crt)).to.match(/: OK\n$/);
    }
    const named = (...what: string[]): string => openssl('verify', '-x509_strict', '-CAfile', ca, ...what, crt);
    expect(named('-verify_hostname', 'orders-0.orders-peers.shop.svc.cluster.local')).to.match(/OK/);
    expect(named('-verify_hostname', 'orders-2.orders-peers.shop.svc')).to.match(/OK/);
    expect(named('-verify_ip', 'fd00::1')).to.match(/OK/);
    expect(() => named('-verify_hostname', 'elsewhere')).to.throw(/hostname mismatch/);
    expect(isIssuedBy(leaf.certificate, authority.certificate)).to.equal(true);
  });

  it('of the same name but another key did not issue the leaf', async () => {
    const request = { commonName: 'orders peer', validityMs: 10 * hour };
    const [authority, impostor] = [
      await createAuthority(request, environment),
      await createAuthority(request, environment),
    ];
    const leaf = await issueLeaf(
      { authority, commonName: 'a', dnsNames: [], ipAddresses: [], usages: ['client'], validityMs: hour },
      environment,
    );
    expect(isIssuedBy(leaf.certificate, impostor.certificate)).to.equal(false);
    expect(isIssuedBy(authority.certificate, leaf.certificate)).to.equal(false);
    expect(isIssuedBy('garbage', authority.certificate)).to.equal(false);
  });

  it('of openssl’s making, with its own key identifier, is named by its leaves', async () => {
    const [key, crt] = [join(folder, 'own.key'), join(folder, 'own.crt')];
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
    const extensions = [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign',
      'subjectKeyIdentifier=00112233',
      'authorityKeyIdentifier=none',
    ];
    const request = [
      'req',
      '-x509',
      '-new',
      '-key',
      key,
      '-days',
      '1',
      '-subj',
      '/O=Acme, Inc./CN=own "root"',
      '-out',
      crt,
    ];
    openssl(...request, ...extensions.flatMap((extension) => ['-addext', extension]));
    const text = (path: string): string => execFileSync('cat', [path], { encoding: 'utf8' });
    const authority = { certificate: text(crt), key: text(key) };
    const now = Date.parse(new X509Certificate(authority.certificate).validFrom) + 1000;
    const leaf = await issueLeaf(
      { authority, commonName: 'a', dnsNames: ['a'], ipAddresses: [], usages: ['server'], validityMs: 1000 * hour },
      frozen(now),
    );
    const info = readCertificate(leaf.certificate);
    const issuer = readCertificate(authority.certificate);
    expect({ from: info?.notBefore, to: info?.notAfter }).to.deep.equal({
      from: issuer?.notBefore,
      to: issuer?.notAfter,
    });
    expect(openssl('x509', '-noout', '-text', '-in', file('a.crt', leaf.certificate))).to.match(/00:11:22:33/);
    expect(openssl('verify', '-CAfile', crt, join(folder, 'a.crt'))).to.match(/OK/);
  });
});
