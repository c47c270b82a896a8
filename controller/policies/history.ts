/** Specs that were accepted once, and that nobody reads any more. */
import { act, type Policy } from '../step.js';

/** As many as a StatefulSet keeps by default is more than anyone reads; these are enough to see what changed last. */
const historyLimit = 3;

/** Last of all: nothing waits for it, and an operator that died before it comes back to it. */
export const history: Policy = {
  name: 'history',
  decide({ accepted, revisions }) {
    const oldest = (accepted?.revision ?? 0) - historyLimit;
    const outdated = revisions.filter(({ revision }) => revision < oldest);
    if (outdated.length === 0) return undefined;
    return act(
      `${revisions.length} accepted specs are kept, and ${historyLimit} before the newest are enough`,
      outdated.map(({ name, uid, resourceVersion }) => ({
        do: 'delete',
        resource: 'controllerRevisions',
        name,
        uid,
        resourceVersion,
      })),
    );
  },
};
