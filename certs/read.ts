import type { Usage } from './leaf.js';

export interface CertificateInfo {
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** SHA-256 of the DER, lower-case hexadecimal without colons. */
  readonly fingerprint256: string;
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly isAuthority: boolean;
  readonly usages: readonly Usage[];
}

/** The first certificate of a PEM text; undefined when there is none that can be read. */
export function readCertificate(_pem: string): CertificateInfo | undefined {
  throw new Error('not written yet');
}

/** The private key belongs to the certificate. False for anything that cannot be read. */
export function keyMatches(_certificate: string, _key: string): boolean {
  throw new Error('not written yet');
}

/** The authority's key really signed the leaf. False for anything that cannot be read. */
export function isIssuedBy(_leaf: string, _authority: string): boolean {
  throw new Error('not written yet');
}

/** Time to renew: `renewBeforeMs` before the end, but never in the first third of its life (a wrong pair of durations would renew without end). */
export function renewalDue(_at: {
  readonly certificate: CertificateInfo;
  readonly renewBeforeMs: number;
  readonly now: number;
}): boolean {
  throw new Error('not written yet');
}
