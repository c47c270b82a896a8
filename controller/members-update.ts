import type { Identity } from './identity.js';
import { present } from './identity.js';
import { names } from '../api/names.js';
import { membersObject } from './objects/members.js';
import { desiredOf, type LivingView } from './situation.js';
import type { Effect } from './step.js';

/**
 * The write of the members ConfigMap: the next identity, with these files replaced and those of absent members dropped. Under the
 * resourceVersion that was read: of two operators one fails.
 */
export function updateMembers(
  view: LivingView,
  identity: Identity,
  changed: ReadonlyMap<string, string> = new Map(),
): Effect {
  const { uid, resourceVersion, files } = view.identity;
  const kept = new Map<string, string>();
  for (const { ordinal } of present(identity)) {
    const pod = names.pod(view.name, ordinal);
    const text = changed.get(pod) ?? files.get(pod);
    if (text !== undefined) kept.set(pod, text);
  }
  const object = membersObject(desiredOf(view), identity, kept);
  return {
    do: 'update',
    resource: 'configMaps',
    object: { ...object, metadata: { ...object.metadata, uid, resourceVersion } },
  };
}
