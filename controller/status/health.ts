/** What the probes of this pass say about health: the ground of conditions, phase and member list. */
import { labels, names } from '../../api/names.js';
import { quorum, type MemberProbe } from '../../etcd/index.js';
import type { MemberStatus, QuorumStatus } from '../../api/index.js';
import { isBootstrapped, present, type Identity } from '../identity.js';
import type { ClusterView } from '../view.js';

export interface Health {
  readonly isBootstrapped: boolean;
  readonly isStopped: boolean;
  /** A linearizable read succeeded in this pass. */
  readonly isAvailable: boolean;
  /** The client Service leads to somebody: a pod that clients are meant to reach is ready. */
  readonly isServed: boolean;
  /** Members that answered anything. */
  readonly reachable: number;
  /** Etcd containers that run. */
  readonly running: number;
  readonly quorum: QuorumStatus;
  readonly members: readonly MemberStatus[];
  /** Pods whose member refused an empty or foreign disk. */
  readonly refusals: readonly string[];
}

export function healthOf(view: ClusterView): Health {
  const identity = view.identity?.identity;
  const quorumNow = quorumOf(view);
  const probes = [...(view.etcd?.probes.values() ?? [])];
  return {
    isBootstrapped: isBootstrapped(identity),
    isStopped: identity?.stopped !== undefined,
    isAvailable: isBootstrapped(identity) && quorumNow.healthy > 0,
    isServed: view.pods.some((pod) => pod.isReady && !pod.isDeleting && pod.labels[labels.serving] === 'true'),
    reachable: probes.filter(({ reachable }) => reachable).length,
    running: view.pods.filter(({ isRunning }) => isRunning).length,
    quorum: quorumNow,
    members: identity === undefined || identity.stopped ? [] : members(view, identity),
    // Caches and server list pods in orders of their own; the sentence they stand in must not change with that.
    refusals: view.pods
      .filter(isRefusal)
      .map(({ name }) => name)
      .sort(),
  };
}

/** Voters as etcd lists them; without a list, as the identity remembers them, and nobody is known to be well. */
function quorumOf({ etcd, identity }: ClusterView): QuorumStatus {
  const membership = etcd?.membership;
  const voters = membership?.voters.length ?? (identity ? present(identity.identity).length : 0);
  const healthy = membership?.voters.filter(({ id }) => membership.healthy.has(id)).length ?? 0;
  const needed = voters === 0 ? 0 : quorum(voters);
  return { voters, healthy, needed, tolerates: Math.max(0, healthy - needed) };
}

/** etcd's words when a sealed file meets a disk without this member's data. */
const isRefusal = ({ lastExit }: ClusterView['pods'][number]): boolean =>
  lastExit?.message.includes("couldn't find local name") === true;

function members(view: ClusterView, identity: Identity): readonly MemberStatus[] {
  const membership = view.etcd?.membership;
  if (membership) {
    return [...membership.byOrdinal]
      .sort(([a], [b]) => a - b)
      .map(([ordinal, member]) => ({
        ...describe(view, view.etcd?.probes.get(ordinal)),
        id: member.id,
        name: names.pod(view.name, ordinal),
        learner: member.isLearner,
        leader: member.id === membership.leader,
        healthy: member.isLearner
          ? view.etcd?.probes.get(ordinal)?.status !== undefined
          : membership.healthy.has(member.id),
      }));
  }
  // Without a quorum there is no list to trust: who they are is the identity's word, how they are is this pass's.
  return present(identity).flatMap(({ ordinal, memberID }) =>
    memberID === undefined
      ? []
      : [
          {
            ...describe(view, view.etcd?.probes.get(ordinal)),
            id: memberID,
            name: names.pod(view.name, ordinal),
            learner: false,
            leader: false,
            healthy: false,
          },
        ],
  );
}

type Described = Pick<MemberStatus, 'version' | 'dbSize' | 'raftIndexLag' | 'alarms'>;

function describe(view: ClusterView, probe: MemberProbe | undefined): Described {
  const status = probe?.status;
  if (!status) return {};
  const indexes = [...(view.etcd?.probes.values() ?? [])].flatMap((each) =>
    each.status ? [each.status.raftIndex] : [],
  );
  const highest = indexes.reduce((a, b) => (a > b ? a : b), 0n);
  const alarms = (probe.alarms ?? []).flatMap(({ memberID, type }) =>
    memberID === status.memberID && type !== 'Unknown' ? [type] : [],
  );
  return {
    version: status.version,
    dbSize: status.dbSize,
    raftIndexLag: Math.max(0, Number(highest - status.raftAppliedIndex)),
    ...(alarms.length > 0 && { alarms }),
  };
}
