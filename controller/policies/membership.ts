/**
 * Growing, shrinking and whatever a crash left half done, one change at a time. The state is read from etcd's own list and from
 * the identity; every step moves one of them towards the other, so a new pass after a crash goes on where the last one stopped.
 */
import { names } from '../../api/names.js';
import { isCaughtUp, type Member } from '../../etcd/index.js';
import { lastPresent, present, replaceMember, type Identity, type MemberRecord } from '../identity.js';
import { isBootstrapped } from '../identity.js';
import { updateMembers } from '../members-update.js';
import { memberFile, peerOf, peersOf, sealedState } from '../objects/members.js';
import {
  anyHealthyOrdinal,
  desiredOf,
  isAtLeast36,
  isLarge,
  isLiving,
  leaderOrdinal,
  survivesRemoval,
  targetSize,
  unrest,
  wantsToStop,
  type LivingView,
} from '../situation.js';
import { act, wait, type Decision, type EventNote, type Policy } from '../step.js';
import { podOf, volumeOf, type Membership } from '../view.js';
import { volumeMark } from './bootstrap.js';

/** How long a joiner may take from its file to its first word; a large database is received after that. */
export const learnerDeadlineMs = 10 * 60_000;
const soon = 100;

type Stage = (view: LivingView, membership: Membership) => Decision | undefined;

/** What is begun is finished, or given up, before anything new is begun. */
export const finishChange: Policy = {
  name: 'finish the membership change',
  decide(view) {
    if (!isLiving(view) || !isBootstrapped(view.identity.identity) || view.identity.identity.stopped) return undefined;
    const membership = view.etcd?.membership;
    if (!membership) return unknownMembership(view);
    return firstOf([departed, abandon, admit, seal], view, membership);
  },
};

/** Any odd size to any other, walked one voter at a time. */
export const size: Policy = {
  name: 'size',
  decide(view) {
    if (!isLiving(view) || !isBootstrapped(view.identity.identity) || view.identity.identity.stopped) return undefined;
    const membership = view.etcd?.membership;
    if (!membership) return undefined;
    return firstOf([grow, promote, shrink], view, membership);
  },
};

function firstOf(stages: readonly Stage[], view: LivingView, membership: Membership): Decision | undefined {
  for (const stage of stages) {
    const decision = stage(view, membership);
    if (decision) return decision;
  }
  return undefined;
}

/** A stop that keeps all volumes needs nothing of etcd; anything else waits until somebody with a quorum answers. */
function unknownMembership(view: LivingView): Decision | undefined {
  if (wantsToStop(view) && view.accepted.spec.storage.retentionPolicy.whenStopped === 'RetainAll') return undefined;
  const { foreign } = view.etcd ?? {};
  if (foreign !== undefined) {
    const ours = view.identity.identity.clusterID ?? '';
    return wait(
      `a member answers for cluster ${foreign}, and this cluster is ${ours}: its data was replaced; put the former data back`,
      10_000,
      'MembershipDiverged',
    );
  }
  return wait('no member gives a linearizable member list', 500);
}

const podName = (view: LivingView, ordinal: number): string => names.pod(view.name, ordinal);

/** A member with a file that the membership no longer knows: its pod goes, then its volume. */
function departed(view: LivingView, membership: Membership): Decision | undefined {
  const { identity } = view.identity;
  const ids = new Set(membership.list.members.map(({ id }) => id));
  const gone = present(identity).filter(({ memberID }) => memberID !== undefined && !ids.has(memberID));
  const last = lastPresent(identity);
  if (gone.length === 0 || !last) return undefined;
  if (!gone.some(({ ordinal }) => ordinal === last.ordinal)) {
    return wait(
      `removed by someone else: ${gone.map(({ ordinal }) => podName(view, ordinal)).join(', ')}`,
      10_000,
      'MembershipDiverged',
    );
  }
  const removed = replaceMember(identity, { ...last, state: 'removed' });
  return act(`${podName(view, last.ordinal)} left the membership`, [updateMembers(view, removed)], {
    confirm: true,
    ...unasked(view, last),
  });
}

/** Who leaves by a step of ours was told then (MemberRemoved); a voter that is wanted was removed by someone else, for example etcdctl. */
function unasked(view: LivingView, { ordinal, state, memberID }: MemberRecord): { event?: EventNote } {
  if (state !== 'sealed' || ordinal >= targetSize(view)) return {};
  const who = `${podName(view, ordinal)} (member ${memberID ?? 'unknown'})`;
  const note = `${who} is no longer in the membership, though it is wanted: its volume is released and it joins anew`;
  return { event: { type: 'Warning', reason: 'MemberGone', note } };
}

/** A learner that is no longer wanted, or that never came up, is removed; its pod and volume follow by the rules above. */
function abandon(view: LivingView, membership: Membership): Decision | undefined {
  const target = targetSize(view);
  for (const [ordinal, member] of descending(membership)) {
    if (!member.isLearner) continue;
    const isLate = isOverdue(view, ordinal);
    if (ordinal < target && !isLate) continue;
    const why = isLate ? 'did not start within its deadline' : 'is no longer wanted';
    return remove(membership, { ordinal, member, why: `learner ${podName(view, ordinal)} ${why}` });
  }
  return undefined;
}

/** A learner never voted: nothing is lost with one that does not come up, before its seal or after. */
function isOverdue(view: LivingView, ordinal: number): boolean {
  const known = view.identity.identity.members[ordinal];
  if (!known || view.now - known.bornAt <= learnerDeadlineMs) return false;
  return known.state === 'joining' || podOf(view, ordinal)?.isRunning !== true;
}

const descending = (membership: Membership): readonly (readonly [number, Member])[] =>
  [...membership.byOrdinal].sort(([a], [b]) => b - a);

function remove(membership: Membership, what: { ordinal: number; member: Member; why: string }): Decision {
  const via = anyHealthyOrdinal(membership);
  if (via === undefined) return wait('no healthy member to ask', 500);
  const { ordinal, member, why } = what;
  return act(why, [{ do: 'remove-member', ordinal, memberID: member.id, via }], {
    confirm: true,
    event: { type: 'Normal', reason: 'MemberRemoved', note: `${why}: member ${member.id} removed` },
  });
}

/**
 * A learner in the list gets its birth and its file: exactly the membership as it is now, or it would not start. Written and read back
 * before the StatefulSet grows; also written anew when the list changed before it started.
 */
function admit(view: LivingView, membership: Membership): Decision | undefined {
  const { members } = view.identity.identity;
  for (const [ordinal, member] of membership.byOrdinal) {
    const known = members[ordinal];
    // Removed: the volumes policy lets go of the former member first.
    if (known?.state === 'sealed' || known?.state === 'removed') continue;
    const obstacle = whyNotAdmitted(view, { ordinal, member, known });
    if (obstacle) return obstacle;
    const decision = giveFile(view, membership, { ordinal, member, known });
    if (decision) return decision;
  }
  return undefined;
}

interface Candidate {
  readonly ordinal: number;
  readonly member: Member;
  readonly known: MemberRecord | undefined;
}

function whyNotAdmitted(view: LivingView, { ordinal, member }: Candidate): Decision | undefined {
  const name = podName(view, ordinal);
  if (!member.isLearner) return wait(`voter ${name} has no file of this cluster's`, 10_000, 'MembershipDiverged');
  if (ordinal > view.identity.identity.members.length)
    return wait(`a member joined out of turn: ${name}`, 10_000, 'MembershipDiverged');
  return undefined;
}

function giveFile(
  view: LivingView,
  membership: Membership,
  { ordinal, member, known }: Candidate,
): Decision | undefined {
  const desired = desiredOf(view);
  const { identity, files } = view.identity;
  const fresh = {
    ordinal,
    birth: identity.nextBirth,
    state: 'joining',
    memberID: member.id,
    bornAt: view.now,
  } as const;
  const born = known ?? fresh;
  const file = memberFile(desired, identity, born, {
    kind: 'existing',
    initialCluster: peersOf(desired, membership.byOrdinal),
  });
  if (known && (hasStarted(view, ordinal, member) || files.get(file.pod) === file.text)) return undefined;
  const record: MemberRecord = { ...born, fileHash: file.hash };
  const next: Identity = known
    ? replaceMember(identity, record)
    : { ...identity, nextBirth: identity.nextBirth + 1, members: [...identity.members, record] };
  const update = updateMembers(view, next, new Map([[file.pod, file.text]]));
  return act(`learner ${member.id} is in the list and has no fitting file`, [update], { confirm: true });
}

const hasStarted = (view: LivingView, ordinal: number, member: Member): boolean =>
  member.name !== '' || view.etcd?.started.has(ordinal) === true;

/** A joiner that answers on its peer port has its data on disk: from now on it must never start without. */
function seal(view: LivingView, membership: Membership): Decision | undefined {
  const desired = desiredOf(view);
  const { identity } = view.identity;
  for (const known of present(identity)) {
    if (known.state !== 'joining') continue;
    const { ordinal } = known;
    if (view.etcd?.started.has(ordinal) !== true) return unstarted(view, ordinal);
    const others = [...membership.byOrdinal.keys()].sort((a, b) => a - b);
    const file = memberFile(desired, identity, known, sealedState(desired, others, ordinal));
    const record: MemberRecord = { ...known, state: 'sealed', fileHash: file.hash };
    const next = replaceMember(identity, record);
    return act(
      `${podName(view, ordinal)} has started`,
      [...volumeMark(view, record, next), updateMembers(view, next, new Map([[file.pod, file.text]]))],
      { confirm: true },
    );
  }
  return undefined;
}

/** A container's restart reads the same mounted file again; only a new pod is sure to see the newest. */
function unstarted(view: LivingView, ordinal: number): Decision {
  const pod = podOf(view, ordinal);
  const failed = pod?.lastExit;
  const isStuck = pod?.waiting === 'CrashLoopBackOff' && failed !== undefined && view.now - pod.createdAt > 5_000;
  if (!pod || !isStuck || pod.isDeleting) return wait(`${podName(view, ordinal)} has not started`, soon);
  const { name, uid, resourceVersion } = pod;
  return act(
    `joiner ${name} fails to start (exit code ${failed.code}) on a file that may be an older one`,
    [{ do: 'delete', resource: 'pods', name, uid, resourceVersion }],
    {
      confirm: true,
      event: { type: 'Warning', reason: 'JoinerRestarted', note: `${name} failed to start and gets a new pod` },
    },
  );
}

/** Adds the next learner. Never a voter, and never while another joiner has not started. */
function grow(view: LivingView, membership: Membership): Decision | undefined {
  const target = targetSize(view);
  const ordinal = membership.byOrdinal.size;
  if (ordinal >= target) return undefined;
  if (membership.learners.length > 0 && !mayHaveSeveralLearners(view, membership)) return undefined;
  const { identity } = view.identity;
  if (identity.members.length > ordinal) return wait(`${podName(view, ordinal)} is still being released`, soon);
  const troubled = unrest(membership);
  if (troubled !== undefined) return wait(troubled, soon);
  const volume = volumeOf(view, ordinal);
  if (volume) {
    const isOurs = volume.incarnation === identity.incarnation;
    return isOurs
      ? wait(`volume ${volume.name} is still being released`, soon)
      : wait(`volume of an earlier cluster: ${volume.name}`, 30_000, 'FormerVolumesFound');
  }
  const { peerURL } = peerOf(desiredOf(view), ordinal);
  return act(
    `${membership.voters.length} voters, ${membership.learners.length} learners, ${target} wanted`,
    [{ do: 'add-learner', ordinal, peerURL }],
    {
      confirm: true,
      event: { type: 'Normal', reason: 'LearnerAdded', note: `${podName(view, ordinal)} joins as a learner` },
    },
  );
}

/**
 * Several learners at once only where each voter was born with the limit of 6 (from 3.6 on): the limit is checked at apply on each
 * member with its own value, and members with different ones ended with different member lists and no error.
 */
function mayHaveSeveralLearners(view: LivingView, membership: Membership): boolean {
  if (membership.learners.length >= 6) return false;
  return [...membership.byOrdinal.keys()].every((ordinal) => {
    const version = view.etcd?.started.get(ordinal);
    const status = view.etcd?.probes.get(ordinal)?.status;
    if (!version || (status && isLarge(status.dbSize))) return false;
    return isAtLeast36(version.serverVersion) && isAtLeast36(version.clusterVersion);
  });
}

/** One by one, at the leader, each healthy before the next. */
function promote(view: LivingView, membership: Membership): Decision | undefined {
  const [next] = [...membership.byOrdinal].filter(([, { isLearner }]) => isLearner).sort(([a], [b]) => a - b);
  if (!next) return undefined;
  const [ordinal, member] = next;
  const troubled = unrest(membership);
  if (troubled !== undefined) return wait(troubled, soon);
  const leader = leaderOrdinal(membership);
  const evidence = leader === undefined ? undefined : caughtUp(view, ordinal, leader);
  if (leader === undefined || evidence === undefined) return wait(`${podName(view, ordinal)} is catching up`, soon);
  const effect = { do: 'promote', ordinal, memberID: member.id, leader } as const;
  return act(`${podName(view, ordinal)} has caught up (${evidence})`, [effect], {
    confirm: true,
    event: { type: 'Normal', reason: 'MemberPromoted', note: `${podName(view, ordinal)} is a voter now` },
  });
}

function caughtUp(view: LivingView, learner: number, leader: number): string | undefined {
  const status = view.etcd?.probes.get(learner)?.status;
  const leading = view.etcd?.probes.get(leader)?.status;
  if (!status || !leading || !isCaughtUp(status, leading)) return undefined;
  return `raft index ${status.raftIndex} of ${leading.raftIndex}`;
}

/** The highest ordinal leaves; leadership has moved to one that stays before. */
function shrink(view: LivingView, membership: Membership): Decision | undefined {
  const target = targetSize(view);
  if (membership.byOrdinal.size <= target) return undefined;
  const [leaving] = descending(membership);
  if (!leaving) return undefined;
  const [ordinal, member] = leaving;
  const troubled = unrestOfStaying(membership, target) ?? ending(view, target);
  if (troubled !== undefined) return wait(troubled, 250);
  if (!survivesRemoval(membership, member.id))
    return wait(`without ${podName(view, ordinal)} no quorum would be left`, 1_000);
  const leader = leaderOrdinal(membership);
  if (leader === undefined) return wait('no leader', soon);
  if (leader >= target) return moveLeader(view, membership, { leader, target });
  return remove(membership, {
    ordinal,
    member,
    why: `${membership.voters.length} voters, ${target} wanted: ${podName(view, ordinal)} leaves`,
  });
}

/** Only those that stay must be well: shrinking may be how an unhealthy member is got rid of. */
function unrestOfStaying(membership: Membership, target: number): string | undefined {
  const ids = new Set([...membership.byOrdinal].filter(([ordinal]) => ordinal < target).map(([, { id }]) => id));
  return unrest({ ...membership, voters: membership.voters.filter(({ id }) => ids.has(id)) });
}

/** It answers still, but it was asked to end. */
function ending(view: LivingView, target: number): string | undefined {
  const found = view.pods.find(({ isDeleting, ordinal }) => isDeleting && ordinal < target);
  return found && `${found.name} stays and its pod is being deleted`;
}

function moveLeader(view: LivingView, membership: Membership, at: { leader: number; target: number }): Decision {
  const [next] = [...membership.byOrdinal]
    .filter(([ordinal, { id, isLearner }]) => ordinal < at.target && !isLearner && membership.healthy.has(id))
    .sort(([a], [b]) => a - b);
  if (!next) return wait('no healthy member that stays can lead', 250);
  const [to, member] = next;
  return act(
    `leader ${podName(view, at.leader)} is about to leave`,
    [{ do: 'move-leader', from: at.leader, to, memberID: member.id }],
    {
      confirm: true,
      event: {
        type: 'Normal',
        reason: 'LeaderMoved',
        note: `leadership moves from ${podName(view, at.leader)} to ${podName(view, to)}`,
      },
    },
  );
}
