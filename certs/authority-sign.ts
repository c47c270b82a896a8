import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import * as x509 from './authority-x509.js';
import type { Random } from '../api/environment.js';

/** RFC 5280's upper bound; some verifiers hold to it. */
const longestCommonName = 64;

export interface Subject {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly key: string;
}

export interface Draft {
  readonly subject: Subject;
  /** PKCS#8 PEM of the subject; only its public half goes into the certificate. */
  readonly key: string;
  /** Left out: signs itself. */
  readonly issuer?: Issuer | undefined;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly x509.Extension[];
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const { subtle } = webcrypto;

/** The signed certificate as PEM, with the key identifiers of both sides. */
export async function sign(draft: Draft, random: Random): Promise<string> {
  const { key, issuer } = draft;
  const publicKey = new x509.PublicKey(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const subjectId = await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto);
  const issuerId = issuer === undefined ? subjectId.keyId : await keyIdOf(issuer.certificate);
  const subject = nameOf(draft.subject);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial(random),
      subject,
      issuer: issuer === undefined ? subject : issuer.certificate.subjectName,
      notBefore: wholeSeconds(draft.notBefore),
      notAfter: wholeSeconds(draft.notAfter),
      publicKey,
      signingKey: await signingKey(issuer?.key ?? key),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [...draft.extensions, subjectId, new x509.AuthorityKeyIdentifierExtension(issuerId, false)],
    },
    webcrypto,
  );
  return `${certificate.toString('pem')}\n`;
}

function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return subtle.importKey('pkcs8', der, P256, false, ['sign']);
}

/** As the authority states it: one made elsewhere may number its key in its own way. */
async function keyIdOf(authority: x509.X509Certificate): Promise<string> {
  const stated = authority.getExtension(x509.SubjectKeyIdentifierExtension);
  return (stated ?? (await x509.SubjectKeyIdentifierExtension.create(authority.publicKey, false, webcrypto))).keyId;
}

function nameOf({ commonName, organization }: Subject): x509.Name {
  if (commonName === '' || commonName.length > longestCommonName) {
    throw new RangeError(`a common name has 1 to ${longestCommonName} characters: "${commonName}"`);
  }
  return new x509.Name([...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }]);
}

/** 16 bytes whose first is neither negative nor zero, so that every encoder and reader writes the same digits. */
function serial(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
