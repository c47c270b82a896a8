import { createHash } from 'node:crypto';
import type { Environment } from '../api/environment.js';
import type { MemberTarget } from './connection.js';
import { createMemberClient } from './member-client.js';
import type { MemberClient } from './types.js';

export interface ClientPool {
  /** The client of this target, made at the first call. Another certificate makes another client. Never close it. */
  client(target: MemberTarget): MemberClient;
  /** Closes every client that serves none of these targets: gone members, former addresses, former certificates. */
  retain(targets: readonly MemberTarget[]): void;
  close(): void;
}

interface Pooled {
  readonly client: MemberClient;
  usedAt: number;
}

export function createClientPool(options: {
  readonly deadlineMs: number;
  /** A client not asked for during so long is closed; longer than any deadline. */
  readonly idleMs: number;
  readonly environment: Environment;
}): ClientPool {
  const { clock } = options.environment;
  const pooled = new Map<string, Pooled>();

  function closeUnless(isKept: (key: string, entry: Pooled) => boolean): void {
    for (const [key, entry] of pooled) {
      if (isKept(key, entry)) continue;
      pooled.delete(key);
      entry.client.close();
    }
  }

  return {
    client(target) {
      const now = clock.now();
      const key = keyOf(target);
      const entry = pooled.get(key) ?? { client: createMemberClient({ ...target, ...options }), usedAt: now };
      entry.usedAt = now;
      pooled.set(key, entry);
      closeUnless((_, { usedAt }) => now - usedAt <= options.idleMs);
      return entry.client;
    },
    retain(targets) {
      const kept = new Set(targets.map(keyOf));
      closeUnless((key) => kept.has(key));
    },
    close() {
      closeUnless(() => false);
    },
  };
}

/** Holds a digest of the certificate, never the key itself. */
function keyOf({ address, serverName, tls }: MemberTarget): string {
  const texts = tls === undefined ? [] : [tls.ca, tls.certificate, tls.key];
  const fingerprint = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  return JSON.stringify([address, serverName, fingerprint]);
}
