import { inspect } from 'node:util';

export type Seen<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly seen: unknown };

/**
 * Asks `probe` until it is done and gives its value; fails after `deadlineMs` with what the probe last saw. A probe that throws counts as
 * "not yet", with its error as what was seen: while a cluster changes, refused connections are expected.
 */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<Seen<T>>,
  intervalMs = 200,
): Promise<T> {
  const began = performance.now();
  let seen: unknown = 'nothing yet';
  for (;;) {
    const left = deadlineMs - (performance.now() - began);
    if (left <= 0) throw new DeadlineError(what, deadlineMs, seen);
    const answer = await within(left, attempt(probe));
    if (answer === late) throw new DeadlineError(what, deadlineMs, { probeStillRunning: true, before: seen });
    if (answer.done) return answer.value;
    seen = answer.seen;
    // A timer may fire up to a millisecond early, and the probe would then be asked again and again at the deadline.
    await pause(Math.min(intervalMs, Math.max(0, deadlineMs - (performance.now() - began)) + 1));
  }
}

export class DeadlineError extends Error {
  readonly code = 'DEADLINE';
  constructor(
    readonly what: string,
    readonly deadlineMs: number,
    readonly seen: unknown,
  ) {
    super(`${what}: not within ${deadlineMs / 1000} s; last seen: ${shown(seen)}`);
  }
}

/** Resolves after `ms` milliseconds. For instruments that keep a pace; a test that waits for something uses `eventually`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function shown(seen: unknown): string {
  return typeof seen === 'string' ? seen : inspect(seen, { depth: 8, breakLength: 120, maxArrayLength: 50 });
}

async function attempt<T>(probe: () => Promise<Seen<T>>): Promise<Seen<T>> {
  try {
    return await probe();
  } catch (error) {
    return { done: false, seen: error instanceof Error ? `${error.name}: ${error.message}` : error };
  }
}

const late = Symbol('late');

function within<T>(ms: number, answer: Promise<T>): Promise<T | typeof late> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
