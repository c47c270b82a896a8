import type { Clock } from '../api/environment.js';
import type { ApiClient, CallOptions } from './client.js';
import { isAlreadyExists, isConflict, isNotFound } from './errors.js';
import { claimed, holderOf, released, type Lease, type LeaseClaim } from './lease.js';
import { resources } from './resources.js';

export interface Candidate {
  /**
   * One try to take or renew the lease. 'unknown': somebody else wrote at the same time. Throws what the API server answered otherwise.
   */
  claim(call: CallOptions): Promise<'ours' | 'others' | 'unknown'>;
  release(deadlineMs: number): Promise<void>;
  /** Ends its timer. */
  close(): void;
}

/**
 * The record of a Lease as this process sees it. Another's lease has run out when its record did not change for its duration *since we
 * saw it*, by a timer: neither the wall clock's jumps here nor its skew there count.
 */
export function createCandidate(
  options: LeaseClaim & {
    readonly client: ApiClient;
    readonly clock: Clock;
    readonly onHolder: (identity: string) => void;
  },
): Candidate {
  const { client, clock, namespace, name, identity } = options;
  /** Ours as the last answer showed it; undefined where only a read can tell. */
  let held: Lease | undefined;
  const seen = { record: '', holder: '', isExpired: false, cancel: () => undefined as void };

  function see(lease: Lease): void {
    const record = JSON.stringify(lease.spec ?? {});
    if (record === seen.record) return;
    seen.cancel();
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000 || options.leaseDurationMs;
    seen.record = record;
    seen.isExpired = false;
    seen.cancel = clock.after(durationMs, () => (seen.isExpired = true));
    const holder = holderOf(lease);
    if (holder !== '' && holder !== seen.holder) options.onHolder(holder);
    seen.holder = holder;
  }

  const isFree = (lease: Lease): boolean => ['', identity].includes(holderOf(lease)) || seen.isExpired;

  return {
    async claim(call) {
      const current = held ?? (await client.get<Lease>(resources.leases, { namespace, name }, call));
      held = undefined;
      if (current !== undefined) see(current);
      if (current !== undefined && !isFree(current)) return 'others';
      const wanted = claimed(options, current, clock.now());
      try {
        held =
          current === undefined
            ? await client.create(resources.leases, wanted, call)
            : await client.update(resources.leases, wanted, call);
      } catch (error) {
        if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return 'unknown';
        throw error;
      }
      see(held);
      return 'ours';
    },
    async release(deadlineMs) {
      const call = { deadlineMs };
      const current = held ?? (await client.get<Lease>(resources.leases, { namespace, name }, call));
      held = undefined;
      if (current === undefined || holderOf(current) !== identity) return;
      await client.update(resources.leases, released(current, clock.now()), call);
    },
    close: () => seen.cancel(),
  };
}
