/** What a repair says: someone else changed or deleted what is ours, and a user who reads events should learn of it. */
import { difference, isSameWish } from '../drift.js';
import { isBootstrapped } from '../identity.js';
import type { KubeObject } from '../../kube/index.js';
import type { LivingView } from '../situation.js';
import { targetOf, type Effect, type EventNote, type ResourceName } from '../step.js';

/** The event of a repair. What is made for the first time, or follows the identity and the spec, is told by the step that asked for it. */
export function objectDamage(view: LivingView, effects: readonly Effect[]): { event?: EventNote } {
  const notes = effects.flatMap((effect) => damage(view, effect) ?? []);
  if (notes.length === 0) return {};
  return { event: { type: 'Warning', reason: 'OwnedObjectPutBack', note: notes.join('; ') } };
}

function damage(view: LivingView, effect: Effect): string | undefined {
  if (effect.do !== 'create' && effect.do !== 'patch' && effect.do !== 'update') return undefined;
  const { resource } = effect;
  const object = effect.do === 'patch' ? (effect.patch as KubeObject) : effect.object;
  const found = view.owned.get(`${resource}/${effect.do === 'patch' ? effect.name : object.metadata.name}`);
  const what = targetOf(view.name, effect);
  if (!found) return hasBeen(view, resource) ? `${what} was deleted and is made again` : undefined;
  return isSameWish(object, found)
    ? `${what} was changed (${difference(object, found) ?? ''}) and is put back`
    : undefined;
}

/**
 * Services and StatefulSet are there before the first member starts, and stay. A disruption budget comes and goes with size and stop: only
 * where the spec was reached before can one that lacks have been deleted.
 */
function hasBeen({ identity, cluster }: LivingView, resource: ResourceName): boolean {
  if (resource !== 'podDisruptionBudgets') return isBootstrapped(identity.identity);
  const { status, metadata } = cluster;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return status?.observedGeneration === metadata.generation && ready?.reason === 'SpecReached';
}

/** Files are only ever written together with their hashes: one that differs was edited. */
export function fileDamage(damaged: readonly string[], strays: readonly string[]): { event: EventNote } {
  const notes = [
    ...damaged.map((pod) => `the file of ${pod} was changed or lost and is put back`),
    ...strays.map((pod) => `a file of ${pod}, which is no member, is taken out`),
  ];
  return { event: { type: 'Warning', reason: 'MemberFilePutBack', note: notes.join('; ') } };
}
