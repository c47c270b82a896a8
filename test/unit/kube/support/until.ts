import { eventually } from '../../../support/poll.js';

/** Waits, in real time, until the condition holds. */
export function until(what: string, condition: () => boolean, seen: () => unknown = () => 'false'): Promise<true> {
  return eventually(
    what,
    5_000,
    async () => (condition() ? { done: true, value: true as const } : { done: false, seen: seen() }),
    2,
  );
}
