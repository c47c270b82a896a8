import { createHash } from 'node:crypto';
import type { Environment } from '../api/environment.js';
import type { MemberTarget } from './connection.js';
import { createMemberClient } from './member-client.js';
import type { MemberClient } from './types.js';

export interface ClientPool {
  /** The client of this target, made at the first call. Another certificate makes another client. Never close it. */
  client(target: MemberTarget): MemberClient;
  close(): void;
}

interface Pooled {
  readonly client: MemberClient;
  usedAt: number;
}

export function createClientPool(options: {
  readonly deadlineMs: number;
  /** A client not asked for during so long is closed, at the latest after as long again; longer than any deadline. */
  readonly idleMs: number;
  readonly environment: Environment;
}): ClientPool {
  const { clock } = options.environment;
  const pooled = new Map<string, Pooled>();
  let cancelSweep: (() => void) | undefined;

  function closeUnless(isKept: (entry: Pooled) => boolean): void {
    for (const [key, entry] of pooled) {
      if (isKept(entry)) continue;
      pooled.delete(key);
      entry.client.close();
    }
  }

  /** Also when nobody asks any more: the address of the last cluster that is gone may be another's by now. */
  function sweep(): void {
    cancelSweep = undefined;
    const now = clock.now();
    closeUnless(({ usedAt }) => now - usedAt <= options.idleMs);
    if (pooled.size > 0) cancelSweep = clock.after(options.idleMs, sweep);
  }

  return {
    client(target) {
      const now = clock.now();
      const key = keyOf(target);
      const entry = pooled.get(key) ?? { client: createMemberClient({ ...target, ...options }), usedAt: now };
      entry.usedAt = now;
      pooled.set(key, entry);
      cancelSweep ??= clock.after(options.idleMs, sweep);
      return entry.client;
    },
    close() {
      cancelSweep?.();
      cancelSweep = undefined;
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
