import { createPrivateKey, X509Certificate } from 'node:crypto';
import { SocketAddress } from 'node:net';
import { backdatedMs } from './authority.js';
import type { Usage } from './leaf.js';

export interface CertificateInfo {
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** SHA-256 of the DER, lower-case hexadecimal without colons. */
  readonly fingerprint256: string;
  /** Empty where there is none. */
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  /** IPv6 in its short form. */
  readonly ipAddresses: readonly string[];
  readonly isAuthority: boolean;
  readonly usages: readonly Usage[];
}

/** The first certificate of a PEM text; undefined when there is none that can be read. */
export function readCertificate(pem: string): CertificateInfo | undefined {
  try {
    return infoOf(new X509Certificate(pem));
  } catch {
    return undefined;
  }
}

function infoOf(certificate: X509Certificate): CertificateInfo {
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return {
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    commonName: [certificate.toLegacyObject().subject.CN ?? ''].flat()[0] ?? '',
    dnsNames: names.filter(({ type }) => type === 'DNS').map(({ value }) => value),
    ipAddresses: names.filter(({ type }) => type === 'IP Address').map(({ value }) => shortAddress(value)),
    isAuthority: certificate.ca,
    usages: usagesOf(certificate),
  };
}

/** The private key belongs to the certificate. False for anything that cannot be read. */
export function keyMatches(certificate: string, key: string): boolean {
  try {
    return parse(certificate)?.checkPrivateKey(createPrivateKey(key)) ?? false;
  } catch {
    return false;
  }
}

/** The authority is one, and its key really signed the leaf. False for anything that cannot be read. */
export function isIssuedBy(leaf: string, authority: string): boolean {
  const [issued, issuer] = [parse(leaf), parse(authority)];
  if (issued === undefined || issuer === undefined) return false;
  return issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

/**
 * When to renew, milliseconds since the Unix epoch: `renewBeforeMs` before the end, but never in the first third of its life (a wrong pair
 * of durations would renew without end).
 */
export function renewalTime({ notBefore, notAfter }: CertificateInfo, renewBeforeMs: number): number {
  // When it was issued at the latest: its life begins before that.
  const issued = Math.min(notBefore + backdatedMs, notAfter);
  return Math.max(notAfter - renewBeforeMs, issued + (notAfter - issued) / 3);
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Node writes "DNS:a, IP Address:10.0.0.1", and names that could be misread as JSON strings. */
function alternativeNames(text: string): { readonly type: string; readonly value: string }[] {
  const entries = text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g);
  return [...entries].map(([, type = '', value = '']) => ({
    type,
    value: value.startsWith('"') ? (JSON.parse(value) as string) : value,
  }));
}

/** An IP address as certificates are read: IPv6 in its short form, "FD00:0::1" as "fd00::1". */
export function shortAddress(address: string): string {
  return address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

const purposes: Readonly<Record<string, Usage>> = { '1.3.6.1.5.5.7.3.1': 'server', '1.3.6.1.5.5.7.3.2': 'client' };

/** Node calls the extended usages keyUsage, and leaves it undefined where there are none. */
function usagesOf(certificate: X509Certificate): Usage[] {
  return ((certificate.keyUsage as string[] | undefined) ?? []).flatMap((oid) => purposes[oid] ?? []);
}
