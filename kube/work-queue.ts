import type { Clock, Random } from '../api/environment.js';

export interface WorkQueueHooks {
  readonly onDepth?: ((depth: number) => void) | undefined;
  /** A worker threw; the key comes back after its backoff. */
  readonly onFailure?: ((key: string, error: unknown, retryInMs: number) => void) | undefined;
  readonly onDone?: ((key: string, waitedMs: number, tookMs: number) => void) | undefined;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Backoff of a key's first failure, doubled by each further one: 5 ms. */
  readonly baseDelayMs?: number | undefined;
  /** 30 s. */
  readonly maxDelayMs?: number | undefined;
  readonly hooks?: WorkQueueHooks | undefined;
}

/** Keys to be worked on: each at most once in the queue, and never by two workers at the same time. */
export interface WorkQueue {
  /** A key that is being worked on is worked on again afterwards. */
  add(key: string): void;
  /** Of several deadlines of one key the soonest holds. */
  addAfter(key: string, ms: number): void;
  /** After the key's backoff, which this call lengthens. */
  addRateLimited(key: string): void;
  /** The key's backoff starts afresh. */
  forget(key: string): void;
  /** Keys that wait for a worker now (not those with a deadline in the future). */
  readonly depth: number;
  /** The consecutive failures of a key. */
  failures(key: string): number;
  /**
   * Works until the signal aborts; resolves when the last worker has come back. A worker that throws brings its key back rate-limited;
   * one that comes back without having called addRateLimited for its key has its backoff forgotten.
   */
  run(
    worker: (key: string, signal: AbortSignal) => Promise<void>,
    concurrency: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Resolves when nothing waits and nothing is worked on (keys with a deadline in the future do not count). */
  drain(): Promise<void>;
}

export function createWorkQueue(_options: WorkQueueOptions): WorkQueue {
  throw new Error('not written yet');
}
