import type { Environment } from '../api/environment.js';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  /** PKCS#8 */
  readonly key: string;
}

export interface AuthorityRequest {
  /** 1 to 64 characters. */
  readonly commonName: string;
  /** From now on. */
  readonly validityMs: number;
}

/** How far back a certificate's life begins, for readers whose clocks are late. */
export const backdatedMs = 5 * 60_000;

/** A self-signed P-256 authority that may sign leaves and nothing else (path length 0). */
export async function createAuthority(request: AuthorityRequest, env: Environment): Promise<KeyPair> {
  // Loaded when first needed: who only reads certificates, as the webhook does, is spared 75 ms and 20 MB.
  const { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } = await import('./authority-x509.js');
  const { sign } = await import('./authority-sign.js');
  const key = await env.keys.ecP256();
  const now = env.clock.now();
  const draft = {
    subject: { commonName: request.commonName },
    key,
    notBefore: now - backdatedMs,
    notAfter: now + request.validityMs,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  };
  return { certificate: await sign(draft, env.random), key };
}
