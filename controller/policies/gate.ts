/** The policies that decide whether anything may be done at all, in their order. */
import { acceptedSpec } from '../../api/index.js';
import { revisionObject, specHash } from '../objects/revision.js';
import { ownerOf } from '../objects/common.js';
import { rebuildIdentity } from '../rebuild.js';
import { act, wait, type Policy } from '../step.js';
import { membersObject } from '../objects/members.js';
import { desiredOf } from '../situation.js';
import { formerVolumes } from '../former-volumes.js';
import { renewalOr } from './certificates.js';

const slow = 30_000;

/** Owned objects go by garbage collection; volumes stay, as the retention policy says. */
export const deletion: Policy = {
  name: 'deletion',
  decide: ({ cluster }) =>
    cluster.metadata.deletionTimestamp ? wait('the cluster is being deleted', slow) : undefined,
};

/** Nothing that is not ours is ever taken over, and nothing is begun beside it. */
export const conflict: Policy = {
  name: 'identity',
  decide(view) {
    const { conflicts } = view;
    if (conflicts.length === 0) return undefined;
    const why = `objects of these names belong to someone else: ${[...conflicts].sort().join(', ')}`;
    return renewalOr(view, wait(why, slow, 'NameConflict'));
  },
};

export const paused: Policy = {
  name: 'paused',
  decide: (view) => (view.cluster.spec.paused === true ? renewalOr(view, wait('paused', slow)) : undefined),
};

/**
 * A cluster that once was must never begin empty again. If its memory is gone it is rebuilt from what status and volumes say;
 * if they cannot say it, nothing is done.
 */
export const memory: Policy = {
  name: 'identity',
  decide(view) {
    if (view.isIdentityUnreadable)
      return renewalOr(view, wait('the members ConfigMap cannot be read', slow, 'IdentityLost'));
    const { status } = view.cluster;
    if (view.identity || (!status?.clusterID && !status?.incarnation)) return undefined;
    const { accepted } = view;
    const rebuilt = accepted && rebuildIdentity({ ...view, accepted });
    if (!rebuilt) {
      const why = 'the members ConfigMap is gone and cannot be rebuilt from the volumes';
      return renewalOr(view, wait(why, slow, 'IdentityLost'));
    }
    return act(
      'the members ConfigMap is gone; status and volumes tell the same story',
      [
        {
          do: 'create',
          resource: 'configMaps',
          object: membersObject(desiredOf({ ...view, accepted }), rebuilt.identity, rebuilt.files),
        },
      ],
      {
        confirm: true,
        event: {
          type: 'Warning',
          reason: 'IdentityRebuilt',
          note: 'the members ConfigMap was gone and has been rebuilt from status and volumes',
        },
      },
    );
  },
};

/** One kept old disk and a cluster begun anew beside it are two clusters behind one Service. */
export const former: Policy = {
  name: 'identity',
  decide(view) {
    if (view.identity) return undefined;
    const found = formerVolumes(view);
    return found.length > 0 ? wait(formerMessage(found), slow, 'FormerVolumesFound') : undefined;
  },
};

const formerMessage = (found: readonly string[]): string =>
  `volumes of an earlier cluster: ${found.join(', ')}; delete them if their data is not needed, or give this cluster another name`;

/** What is carried out is latched, so that a newer operator with other defaults changes nothing that runs. */
export const accept: Policy = {
  name: 'guard',
  decide(view) {
    const { accepted, cluster, verdict } = view;
    const hash = specHash(cluster.spec);
    if (view.isSpecAccepted) return undefined;
    if (verdict.causes.length > 0) {
      return accepted
        ? undefined
        : wait(`the spec is refused: ${verdict.causes.map(({ field }) => field).join(', ')}`, slow, 'InvalidSpec');
    }
    const revision = (accepted?.revision ?? 0) + 1;
    const spec = acceptedSpec(cluster.spec, accepted?.spec);
    return act(`the spec of generation ${cluster.metadata.generation ?? 0} is accepted`, [
      {
        do: 'create',
        resource: 'controllerRevisions',
        object: revisionObject(ownerOf(cluster), { revision, spec, hash }),
      },
    ]);
  },
};
