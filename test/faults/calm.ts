import { eventually } from '../support/poll.js';
import { countSent, readEffects, shown } from './effect-log.js';
import type { Operator } from './operator.js';

/** What the operator still has to do once the spec is reached (a label, a status) it does within seconds: none for a while. */
export async function calm(operator: Operator): Promise<void> {
  let seen = -1;
  let since = performance.now();
  await eventually('no more effects', 30_000, async () => {
    const sent = countSent(readEffects(operator.effects));
    if (sent !== seen) since = performance.now();
    seen = sent;
    return performance.now() - since > 1500 ? { done: true, value: sent } : { done: false, seen: sent };
  });
}

/** A fresh operator that takes longer to its first pass has no processor: what it then says of slow members is true, and no fault's. */
const starvedMs = 4000;
const saying = ['status', 'events'];

/**
 * Fresh starts, none of which may write anything. One that was starved and only said so (status and events, nothing else) proves nothing
 * either way and is repeated, at most as often again.
 */
export async function quiet(operator: Operator, resyncs: number): Promise<string[]> {
  for (let proven = 0, tries = 0; proven < resyncs; tries++) {
    const before = readEffects(operator.effects).length;
    const tookMs = await operator.resync();
    const wrote = readEffects(operator.effects)
      .slice(before)
      .filter(({ what }) => what === 'sending');
    const isStarved = tookMs > starvedMs && wrote.every(({ effect }) => saying.includes(effect.policy));
    if (wrote.length === 0) proven += 1;
    else if (!isStarved || tries >= 2 * resyncs) return wrote.map((line) => `a resync wrote: ${shown(line)}`);
  }
  return [];
}
