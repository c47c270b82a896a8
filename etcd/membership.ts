/** Pure judgements over what members say. */
import { hexID } from './ids.js';
import type { Alarm, Member, MemberList, MemberStatus } from './types.js';

/** How many of `voters` voting members must agree. */
export function quorum(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

export function voters(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => !member.isLearner);
}

export function learners(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => member.isLearner);
}

export interface HostedMembers {
  readonly byOrdinal: ReadonlyMap<number, Member>;
  /** Members whose peer URLs name none of our hosts, or more than one, or one that another member already has. */
  readonly strangers: readonly Member[];
}

/**
 * Which member lives in which pod, judged by the host of its peer URL alone (an unstarted member has no name).
 * `ordinalOfHost` says which of our hosts a name is, or undefined.
 */
export function membersByOrdinal(
  members: readonly Member[],
  ordinalOfHost: (host: string) => number | undefined,
): HostedMembers {
  const byOrdinal = new Map<number, Member>();
  const strangers: Member[] = [];
  for (const member of members) {
    const ordinals = new Set(member.peerURLs.map((url) => ordinalOfHost(hostOf(url))));
    const [ordinal] = ordinals;
    if (ordinals.size !== 1 || ordinal === undefined || byOrdinal.has(ordinal)) strangers.push(member);
    else byOrdinal.set(ordinal, member);
  }
  return { byOrdinal, strangers };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/**
 * Whether several members' own lists say the same: same cluster, members, roles and peer URLs. Names and client URLs
 * are left out: a member publishes them itself, and they reach the others a moment later.
 */
export function listsAgree(lists: readonly MemberList[]): boolean {
  const [first, ...rest] = lists.map(essence);
  return rest.every((other) => other === first);
}

function essence(list: MemberList): string {
  const members = list.members.map(({ id, isLearner, peerURLs }) => [id, isLearner, [...peerURLs].sort()] as const);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([list.clusterID, members]);
}

/** Entries that a learner may have received but not yet applied when it is called caught up. */
const appliedLagAllowed = 1000n;

/**
 * Whether a learner may be promoted: etcd's own bar (readyPercentThreshold 0.9 in server/etcdserver/server.go counts
 * raft entries received, not bytes), and ours: it has applied nearly all of them, so that it can serve at once.
 */
export function isCaughtUp(learner: MemberStatus, leader: MemberStatus): boolean {
  if (learner.clusterID !== leader.clusterID) return false;
  if (learner.raftIndex * 10n < leader.raftIndex * 9n) return false;
  return leader.raftIndex - learner.raftAppliedIndex <= appliedLagAllowed;
}

/** The alarms in a status: the same that the alarm call gives, without a write. */
export function alarmsOf(status: MemberStatus): readonly Alarm[] {
  return status.errors.flatMap((text) => {
    const [, id, type] = /^memberID:(\d+) +alarm:(\w+)/.exec(text) ?? [];
    if (id === undefined) return [];
    return [{ memberID: hexID(id), type: type === 'NOSPACE' || type === 'CORRUPT' ? type : 'Unknown' } as const];
  });
}
