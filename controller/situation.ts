/** Judgements over a view that several policies share. Pure. */
import type { Member } from '../etcd/index.js';
import { quorum } from '../etcd/index.js';
import type { Desired } from './objects/common.js';
import { ownerOf } from './objects/common.js';
import { isBootstrapped, present, type IdentityObject } from './identity.js';
import type { AcceptedRevision, ClusterView, Membership } from './view.js';

/** A view of a cluster whose spec was accepted and whose identity is known: what most policies work on. */
export interface LivingView extends ClusterView {
  readonly accepted: AcceptedRevision;
  readonly identity: IdentityObject;
}

export function isLiving(view: ClusterView): view is LivingView {
  return view.accepted !== undefined && view.identity !== undefined;
}

/** Whether members may run that trust its authorities. Where the memory is lost, status knows. */
export const isBorn = ({ identity, isIdentityUnreadable, cluster }: ClusterView): boolean =>
  identity ? isBootstrapped(identity.identity) : isIdentityUnreadable || cluster.status?.clusterID !== undefined;

export const desiredOf = (view: ClusterView & { accepted: AcceptedRevision }): Desired => ({
  owner: ownerOf(view.cluster),
  spec: view.accepted.spec,
});

export const wantsToStop = (view: ClusterView): boolean => view.accepted?.spec.size === 0;

/**
 * How many voters are wanted while the cluster runs. On the way to a stop that is one where only one volume is kept, and otherwise
 * the voters there are: a stop neither adds nor removes them, it only gives up learners.
 */
export function targetSize(view: LivingView): number {
  const { size, storage } = view.accepted.spec;
  if (size > 0) return size;
  if (storage.retentionPolicy.whenStopped === 'RetainOne') return 1;
  return view.etcd?.membership?.voters.length ?? present(view.identity.identity).length;
}

/** Why no membership step may be taken now; undefined: all is calm. */
export function unrest(membership: Membership): string | undefined {
  if (membership.strangers.length > 0) {
    return `members that are not this cluster's: ${membership.strangers.map(({ id }) => id).join(', ')}`;
  }
  if (!membership.agrees) return 'voters do not yet show the same member list';
  const ill = membership.voters.filter(({ id }) => !membership.healthy.has(id));
  if (ill.length > 0) return `voters that do not answer: ${ill.map(nameOrID).join(', ')}`;
  return undefined;
}

export const nameOrID = (member: Member): string => member.name || member.id;

/** Whether the voters that stay after a removal still have a healthy quorum among them (DESIGN invariant 1). */
export function survivesRemoval(membership: Membership, removedID: string): boolean {
  const staying = membership.voters.filter(({ id }) => id !== removedID);
  const healthy = staying.filter(({ id }) => membership.healthy.has(id));
  return staying.length > 0 && healthy.length >= quorum(staying.length);
}

export function leaderOrdinal(membership: Membership): number | undefined {
  for (const [ordinal, member] of membership.byOrdinal) if (member.id === membership.leader) return ordinal;
  return undefined;
}

/** The ordinal of a member that can be asked to change the membership: the leader, where known. */
export function anyHealthyOrdinal(membership: Membership): number | undefined {
  const leader = leaderOrdinal(membership);
  if (leader !== undefined) return leader;
  for (const [ordinal, member] of membership.byOrdinal) if (membership.healthy.has(member.id)) return ordinal;
  return undefined;
}

/**
 * Whether clients may be sent to this member: a voter with a sealed file that is not about to leave. Undefined: not known now, so
 * its pod stays as it is (a voter goes on serving while the quorum is away, a learner stays out).
 */
export function mayServe(view: LivingView, ordinal: number): boolean | undefined {
  if (view.identity.identity.members[ordinal]?.state !== 'sealed') return false;
  const membership = view.etcd?.membership;
  if (!membership) return undefined;
  const member = membership.byOrdinal.get(ordinal);
  if (member === undefined || member.isLearner) return false;
  const target = targetSize(view);
  // Whoever leaves goes on serving while nobody that stays is well: else the Service leads to nobody beside a good quorum.
  const isCovered = [...membership.byOrdinal].some(([each, { id }]) => each < target && membership.healthy.has(id));
  return ordinal < target || !isCovered;
}

/** Over this, in bytes, a learner has caught up before the next one starts to receive. */
export const isLarge = (dbSize: number): boolean => dbSize > 256 * 1024 * 1024;

/** From 3.6 on etcd takes several learners. */
export function isAtLeast36(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 6);
}
