import type { Environment } from '../api/environment.js';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  /** PKCS#8 */
  readonly key: string;
}

export interface AuthorityRequest {
  readonly commonName: string;
  readonly validityMs: number;
}

/** A self-signed P-256 authority that may sign leaves and nothing else (path length 0). */
export function createAuthority(_request: AuthorityRequest, _env: Environment): Promise<KeyPair> {
  throw new Error('not written yet');
}
