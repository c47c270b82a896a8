import { execFileSync } from 'node:child_process';
import forge from 'node-forge';
import { environment } from '../../../../cmd/environment.js';
import { createAuthority } from '../../../../certs/authority.js';
import { issueLeaf } from '../../../../certs/leaf.js';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Pair {
  /** A leaf for 127.0.0.1 and localhost, fit for servers and callers, from `since` days ago for `days` more; both may be negative. */
  issue(wish?: { commonName?: string; days?: number; since?: number }): Promise<Pair>;
}

const day = 24 * 3600 * 1000;

/** A test's own authority; real keys and signatures. */
export async function authority(commonName = 'test authority'): Promise<Authority> {
  const root = await createAuthority({ commonName, validityMs: 365 * day }, shifted(-100 * day));
  return {
    cert: root.certificate,
    key: root.key,
    async issue({ commonName: leafName = 'localhost', days = 30, since = 50 } = {}) {
      const leaf = await issueLeaf(
        {
          authority: root,
          commonName: leafName,
          dnsNames: ['localhost'],
          ipAddresses: ['127.0.0.1'],
          usages: ['server', 'client'],
          validityMs: (since + days) * day,
        },
        shifted(-since * day),
      );
      return { cert: leaf.certificate, key: leaf.key };
    },
  };
}

function shifted(by: number): typeof environment {
  return { ...environment, clock: { ...environment.clock, now: () => environment.clock.now() + by } };
}

/** A self-signed pair on one of OpenSSL's curves, with these extensions. */
export function pairOnCurve(curve: string, extensions = ['subjectAltName=DNS:localhost']): Pair {
  const made = execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-days', '30'],
      ...['-subj', '/CN=localhost', '-keyout', '-', '-out', '-'],
      ...extensions.flatMap((extension) => ['-addext', extension]),
    ],
    { encoding: 'utf8', stdio: 'pipe' },
  );
  const [key = '', cert = ''] = made.split(/^(?=-----BEGIN CERTIFICATE)/m);
  return { cert, key };
}

/** A pair as an issuer makes it that was asked for nothing else: RSA, 2048 bits, PKCS#1 key. For 127.0.0.1 and localhost. */
export function rsaPair(): Pair {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - day);
  certificate.validity.notAfter = new Date(Date.now() + 30 * day);
  const subject = [{ name: 'commonName', value: 'localhost' }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  const altNames = [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
  ];
  certificate.setExtensions([{ name: 'subjectAltName', altNames }]);
  certificate.sign(privateKey, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(privateKey) };
}
