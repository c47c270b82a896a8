import { isIP } from 'node:net';
import type { Environment } from '../api/environment.js';
import { backdatedMs, type KeyPair } from './authority.js';

export type Usage = 'server' | 'client';

export interface LeafRequest {
  readonly authority: KeyPair;
  /** 1 to 64 characters. */
  readonly commonName: string;
  readonly organization?: string | undefined;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly Usage[];
  /** From now on. */
  readonly validityMs: number;
}

/**
 * A P-256 leaf signed by the authority. Valid from 5 minutes before now, but never outside its authority's own life, where nobody
 * would accept it.
 */
export async function issueLeaf(request: LeafRequest, env: Environment): Promise<KeyPair> {
  const { X509Certificate } = await import('./authority-x509.js');
  const { sign } = await import('./authority-sign.js');
  const { authority, commonName, organization } = request;
  const issuer = { certificate: new X509Certificate(authority.certificate), key: authority.key };
  const key = await env.keys.ecP256();
  const now = env.clock.now();
  const draft = {
    subject: { commonName, organization },
    key,
    issuer,
    notBefore: Math.max(now - backdatedMs, issuer.certificate.notBefore.getTime()),
    notAfter: Math.min(now + request.validityMs, issuer.certificate.notAfter.getTime()),
    extensions: await extensionsOf(request),
  };
  return { certificate: await sign(draft, env.random), key };
}

async function extensionsOf({ dnsNames, ipAddresses, usages }: LeafRequest) {
  const x509 = await import('./authority-x509.js');
  const unfit = ipAddresses.find((address) => isIP(address) === 0);
  if (unfit !== undefined) throw new RangeError(`not an IP address: "${unfit}"`);
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value: withoutQuad(value) })),
  ];
  const purposes = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(usages.map((usage) => purposes[usage])),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ];
}

/** Of an IPv6 address that ends in an IPv4 one the X.509 library takes the first number and drops the rest: "::10.0.0.1" became "::10". */
function withoutQuad(address: string): string {
  return address.replace(/(?<=:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}
