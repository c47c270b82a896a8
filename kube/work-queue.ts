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

const longestTimerMs = 2 ** 31 - 1; // beyond it a Node timer fires at once

type Worker = (key: string, signal: AbortSignal) => Promise<void>;

export function createWorkQueue({ clock, random, hooks = {}, ...delays }: WorkQueueOptions): WorkQueue {
  const { baseDelayMs = 5, maxDelayMs = 30_000 } = delays;
  const queued = new Map<string, number>(); // key → since when, in order
  const active = new Set<string>();
  const again = new Set<string>();
  const limited = new Set<string>();
  const failures = new Map<string, number>();
  const timers = createDeadlines(clock);
  const idle = new Set<() => void>();
  let crew: { worker: Worker; concurrency: number; signal: AbortSignal } | undefined;

  function add(key: string): void {
    if (active.has(key)) again.add(key);
    else if (!queued.has(key)) queued.set(key, clock.now());
    hooks.onDepth?.(queued.size);
    pump();
  }

  function pump(): void {
    while (crew !== undefined && !crew.signal.aborted && active.size < crew.concurrency) {
      const [next] = queued;
      if (next === undefined) break;
      queued.delete(next[0]);
      active.add(next[0]);
      hooks.onDepth?.(queued.size);
      void work(next[0], next[1], crew);
    }
    for (const check of [...idle]) check();
  }

  async function work(key: string, since: number, { worker, signal }: NonNullable<typeof crew>): Promise<void> {
    const startedAt = clock.now();
    try {
      await Promise.resolve(); // add() is called from event handlers: a worker must not begin amid them
      await worker(key, signal);
      if (!limited.has(key)) failures.delete(key);
    } catch (error) {
      const retryInMs = addRateLimited(key);
      hooks.onFailure?.(key, error, retryInMs);
    }
    limited.delete(key);
    active.delete(key);
    hooks.onDone?.(key, startedAt - since, clock.now() - startedAt);
    if (again.delete(key)) add(key);
    else pump();
  }

  function addRateLimited(key: string): number {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    if (active.has(key)) limited.add(key);
    const delay = Math.min(baseDelayMs * 2 ** count, maxDelayMs) * (0.5 + random.fraction() / 2);
    addAfter(key, delay);
    return delay;
  }

  function addAfter(key: string, ms: number): void {
    if (ms <= 0) add(key);
    else timers.set(key, ms, () => add(key));
  }

  /** Resolves once no worker works and `isDone`. */
  const whenIdle = (isDone: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (active.size > 0 || !isDone()) return;
        idle.delete(check);
        resolve();
      };
      idle.add(check);
      check();
    });

  return {
    add,
    addAfter,
    addRateLimited: (key) => void addRateLimited(key),
    forget: (key) => void failures.delete(key),
    get depth() {
      return queued.size;
    },
    failures: (key) => failures.get(key) ?? 0,
    async run(worker, concurrency, signal) {
      crew = { worker, concurrency, signal };
      const stop = (): void => {
        timers.clear();
        pump();
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      pump();
      await whenIdle(() => signal.aborted);
      // What workers asked for while they came back is nobody's any more, and its timers would keep the process.
      timers.clear();
      crew = undefined;
    },
    drain: () => whenIdle(() => queued.size === 0),
  };
}

/** One timer a key: the soonest. */
function createDeadlines(clock: Clock) {
  const pending = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  return {
    set(key: string, ms: number, run: () => void): void {
      const at = clock.now() + ms;
      const earlier = pending.get(key);
      if (earlier !== undefined && earlier.at <= at) return;
      earlier?.cancel();
      const cancel = clock.after(Math.min(ms, longestTimerMs), () => {
        pending.delete(key);
        run();
      });
      pending.set(key, { at, cancel });
    },
    clear(): void {
      for (const { cancel } of pending.values()) cancel();
      pending.clear();
    },
  };
}
