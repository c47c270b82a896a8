import type { Environment } from '../api/environment.js';
import type { MemberTarget } from './member-client.js';
import type { MemberClient } from './types.js';

export interface ClientPool {
  /** The client of this target, made at the first call. Another certificate makes another client. Never close it. */
  client(target: MemberTarget): MemberClient;
  /** Closes every client that serves none of these targets: gone members, former addresses, former certificates. */
  retain(targets: readonly MemberTarget[]): void;
  close(): void;
}

export function createClientPool(_options: {
  readonly deadlineMs: number;
  /** A client unused for so long is closed. */
  readonly idleMs: number;
  readonly environment: Environment;
}): ClientPool {
  throw new Error('not here yet');
}
