import type { Clock, Environment, Random } from '../../../../api/environment.js';
import { environment } from '../../../../cmd/environment.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export interface FakeClock extends Clock {
  /** Runs what falls due, in order; between two timers everything that waits for no socket has its turn. */
  advance(ms: number): Promise<void>;
  /** The wall clock is set; timers do not notice. */
  jump(ms: number): void;
  /** Milliseconds until each pending timer, in order. */
  pending(): number[];
}

export function fakeClock(start = Date.parse('2026-03-01T12:00:00Z')): FakeClock {
  let elapsed = 0;
  let offset = start;
  let order = 0;
  const timers = new Set<Timer>();
  const next = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];

  function after(ms: number, run: () => void): () => void {
    const timer = { at: elapsed + Math.max(0, ms), order: order++, run };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  return {
    now: () => offset + elapsed,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = (): void => {
          cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const cancel = after(ms, done);
        signal?.addEventListener('abort', done, { once: true });
      }),
    async advance(ms) {
      const until = elapsed + ms;
      await breathe();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        timers.delete(timer);
        elapsed = timer.at;
        timer.run();
        await breathe();
      }
      elapsed = until;
    },
    jump(ms) {
      offset += ms;
    },
    pending: () => [...timers].map(({ at }) => at - elapsed).sort((a, b) => a - b),
  };
}

/** Lets everything run that is ready. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Half of every jitter. */
export const middling: Random = { bytes: (count) => new Uint8Array(count).fill(0x42), fraction: () => 0.5 };

export const fakeEnvironment = (clock: Clock): Environment => ({ ...environment, clock, random: middling });
