/** A cluster's beginning: its memory first, then its members, and only when all are up is it latched, sealed and opened to clients. */
import { annotations, names } from '../../api/names.js';
import { isBootstrapped, present, type Identity, type MemberRecord } from '../identity.js';
import { memberFile, membersObject, peerOf, sealedState } from '../objects/members.js';
import { desiredOf, isLiving, unrest, type LivingView } from '../situation.js';
import { act, wait, type Decision, type Effect, type Policy } from '../step.js';
import { podOf, volumeOf, type ClusterView, type Membership } from '../view.js';
import { updateMembers } from '../members-update.js';

/** `new` is said here and nowhere else, once an incarnation: creating the ConfigMap is what makes it impossible to say it twice. */
export const begin: Policy = {
  name: 'bootstrap',
  decide(view) {
    const { accepted, identity } = view;
    if (identity || !accepted || accepted.spec.size === 0) return undefined;
    const desired = desiredOf({ ...view, accepted });
    const ordinals = Array.from({ length: accepted.spec.size }, (_, ordinal) => ordinal);
    const initialCluster = ordinals.map((ordinal) => peerOf(desired, ordinal));
    const files = new Map<string, string>();
    const incarnation = view.dice;
    const members = ordinals.map((ordinal): MemberRecord => {
      const born = { ordinal, birth: ordinal + 1, state: 'joining' as const, bornAt: view.now };
      const file = memberFile(desired, { incarnation }, born, { kind: 'new', initialCluster });
      files.set(file.pod, file.text);
      return { ...born, fileHash: file.hash };
    });
    const identityToBe: Identity = { incarnation, nextBirth: ordinals.length + 1, members };
    return act(
      'no identity in status, ConfigMap or volumes',
      [{ do: 'create', resource: 'configMaps', object: membersObject(desired, identityToBe, files) }],
      {
        confirm: true,
        event: {
          type: 'Normal',
          reason: 'Bootstrapping',
          note: `beginning a new cluster of ${ordinals.length}, incarnation ${incarnation}`,
        },
      },
    );
  },
};

/** All started → cluster ID latched (status, volumes) → all sealed. Only then does the client Service select anything. */
export const latch: Policy = {
  name: 'bootstrap',
  decide(view) {
    if (!isLiving(view)) return undefined;
    const { identity } = view.identity;
    if (isBootstrapped(identity) || identity.stopped || view.accepted.spec.size === 0) return undefined;
    const membership = view.etcd?.membership;
    const missing = present(identity).filter(({ ordinal }) => !isUp(view, membership, ordinal));
    if (!membership || missing.length > 0) {
      return unborn(view, missing);
    }
    const troubled = unrest(membership);
    return troubled === undefined ? seal(view, membership) : wait(troubled, 100);
  },
};

/** Longer than images and volumes take: from then on a person should look, and is told what is known. */
const birthDeadlineMs = 10 * 60_000;

function unborn(view: LivingView, missing: readonly MemberRecord[]): Decision {
  const who = missing.map(({ ordinal }) => names.pod(view.name, ordinal)).join(', ');
  const isLate = missing.some((member) => view.now - since(view, member) > birthDeadlineMs);
  if (!isLate) return wait(`members that have not started: ${who || 'none answers'}`, 100);
  const reasons = missing.map(({ ordinal }) => `${names.pod(view.name, ordinal)}: ${obstacle(view, ordinal)}`);
  return wait(`members that have not started for ten minutes: ${reasons.join('; ')}`, 10_000, 'DeadlineExceeded');
}

/** A pause, or an operator's absence, between the birth and its pod counts for nothing. */
const since = (view: LivingView, { ordinal, bornAt }: MemberRecord): number =>
  Math.max(bornAt, podOf(view, ordinal)?.createdAt ?? 0);

const cannotPull: readonly (string | undefined)[] = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** What its pod says of itself, in words that do not change by themselves: each other message is a write and an event. */
function obstacle(view: LivingView, ordinal: number): string {
  const pod = podOf(view, ordinal);
  if (!pod) return 'it has no pod';
  if (pod.unscheduled !== undefined) return 'its pod is not scheduled, the pod says why';
  if (pod.lastExit) return `it ends again and again, last with code ${pod.lastExit.code}`;
  if (cannotPull.includes(pod.waiting)) return 'its image cannot be pulled';
  return pod.isRunning ? 'it runs and does not answer' : 'it does not run';
}

const isUp = (view: LivingView, membership: Membership | undefined, ordinal: number): boolean =>
  view.etcd?.probes.get(ordinal)?.status !== undefined && membership?.byOrdinal.has(ordinal) === true;

function seal(view: LivingView, membership: Membership): Decision {
  const { identity } = view.identity;
  const { clusterID } = membership;
  const desired = desiredOf(view);
  const ordinals = present(identity).map(({ ordinal }) => ordinal);
  const files = new Map<string, string>();
  const members = identity.members.map((member): MemberRecord => {
    const memberID = membership.byOrdinal.get(member.ordinal)?.id ?? '';
    const file = memberFile(desired, identity, member, sealedState(desired, ordinals, member.ordinal));
    files.set(file.pod, file.text);
    return { ...member, state: 'sealed', memberID, fileHash: file.hash };
  });
  const sealed: Identity = { ...identity, clusterID, members };
  const effects: Effect[] = [];
  if (view.cluster.status?.clusterID !== clusterID) {
    effects.push({
      do: 'patch',
      resource: 'etcdClusters',
      name: view.name,
      subresource: 'status',
      patch: { metadata: { uid: view.cluster.metadata.uid }, status: { clusterID, incarnation: identity.incarnation } },
    });
  }
  for (const member of members) effects.push(...volumeMark(view, member, sealed));
  effects.push(updateMembers(view, sealed, files));
  return act(`all ${ordinals.length} members are up in cluster ${clusterID}`, effects, {
    confirm: true,
    event: {
      type: 'Normal',
      reason: 'Bootstrapped',
      note: `cluster ${clusterID} has ${ordinals.length} member(s), all sealed`,
    },
  });
}

/** Writes whose data it holds onto a member's volume, unless it stands there already. */
export function volumeMark(view: ClusterView, member: MemberRecord, identity: Identity): readonly Effect[] {
  const volume = volumeOf(view, member.ordinal);
  if (!volume || (volume.birth === member.birth && volume.memberID === member.memberID)) return [];
  return [
    {
      do: 'patch',
      resource: 'persistentVolumeClaims',
      name: volume.name,
      patch: {
        metadata: {
          uid: volume.uid,
          annotations: {
            [annotations.clusterID]: identity.clusterID,
            [annotations.birth]: String(member.birth),
            [annotations.memberID]: member.memberID,
          },
        },
      },
    },
  ];
}
