/** Rebuilding a cluster's memory when its ConfigMap was deleted: from what is latched in status and on the volumes. */
import { memberFile, sealedState } from './objects/members.js';
import type { Identity, MemberRecord } from './identity.js';
import { desiredOf } from './situation.js';
import type { AcceptedRevision, ClusterView } from './view.js';

export function rebuildIdentity(
  view: ClusterView & { accepted: AcceptedRevision },
): { identity: Identity; files: ReadonlyMap<string, string> } | undefined {
  const { clusterID, incarnation, stoppedSize, replicas } = view.cluster.status ?? {};
  if (clusterID === undefined || incarnation === undefined) return undefined;
  const volumes = view.volumes.filter((volume) => volume.incarnation === incarnation);
  volumes.sort((a, b) => (a.ordinal ?? 0) - (b.ordinal ?? 0));
  // A gap, or a volume that never learned whose it is, leaves more than one story possible.
  const isWhole = volumes.every(
    ({ ordinal, birth, memberID, isDeleting }, index) =>
      ordinal === index && birth !== undefined && memberID !== undefined && !isDeleting,
  );
  // Fewer volumes than members: what was forgotten may still run, and would be stopped.
  const count = stoppedSize ?? replicas ?? volumes.length;
  if (volumes.length === 0 || volumes.length !== count || !isWhole) return undefined;

  const desired = desiredOf(view);
  const ordinals = volumes.map((_, index) => index);
  const files = new Map<string, string>();
  const members = volumes.map(({ birth = 0, memberID = '' }, ordinal): MemberRecord => {
    const born = { ordinal, birth, state: 'sealed' as const, memberID, bornAt: view.now };
    const file = memberFile(desired, { incarnation }, born, sealedState(desired, ordinals, ordinal));
    files.set(file.pod, file.text);
    return { ...born, fileHash: file.hash };
  });
  const nextBirth = Math.max(...members.map(({ birth }) => birth)) + 1;
  const stopped = stoppedSize === undefined ? {} : { stopped: { size: stoppedSize } };
  return { identity: { incarnation, clusterID, nextBirth, ...stopped, members }, files };
}
