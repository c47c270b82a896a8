/** Pods, and what their members answer. */
import { memberHost, names } from '../../../api/names.js';
import { peerURL, type Member, type MemberProbe } from '../../../etcd/index.js';
import { present, type Identity } from '../../../controller/identity.js';
import type { Desired } from '../../../controller/objects/common.js';
import type { ClusterView, Membership, PodView } from '../../../controller/view.js';
import { clusterID, idOf, now, owner, type ViewState } from './view-state.js';

export function podsOf(state: ViewState, identity: Identity): readonly PodView[] {
  if (state.stopped !== undefined || !state.hasIdentity) return [];
  const pods = present(identity).map(({ ordinal }) => podOf(state, ordinal));
  return state.isReversed ? pods.reverse() : pods;
}

function podOf(state: ViewState, ordinal: number): PodView {
  if (!state.down.has(ordinal)) {
    const isRunning = !state.mute.has(ordinal);
    const createdAt = now - state.podAgeMs;
    const isDeleting = state.leaving.has(ordinal);
    return { ...pod(ordinal), isReady: state.hasReadyPods, isRunning, isDeleting, createdAt };
  }
  const message = "couldn't find local name in the initial cluster configuration";
  const refusal = { waiting: 'CrashLoopBackOff', lastExit: { code: 1, message, at: now } };
  return { ...pod(ordinal), isReady: false, isRunning: false, ...(state.refusing.has(ordinal) && refusal) };
}

/** A member's pod, of which nothing is known but that it runs. */
export function pod(ordinal: number): PodView {
  return {
    name: names.pod(owner.name, ordinal),
    ordinal,
    uid: `uid-pod-${ordinal}`,
    resourceVersion: '2',
    ip: `10.0.0.${ordinal + 1}`,
    node: 'node1',
    labels: {},
    annotations: {},
    isDeleting: false,
    isReady: true,
    isRunning: true,
    restarts: 0,
    waiting: undefined,
    lastExit: undefined,
    createdAt: now - 60_000,
    unscheduled: undefined,
  };
}

export function etcdOf(state: ViewState, desired: Desired): ClusterView['etcd'] {
  if (state.stopped !== undefined || !state.hasIdentity) return undefined;
  const listed = state.roles
    .map((role, ordinal): [number, Member] => [ordinal, memberOf(state, desired, ordinal, role)])
    .filter(([ordinal]) => !state.expelled.has(ordinal));
  const { length } = listed;
  if (state.again) listed.push([length, { ...memberOf(state, desired, length, 'learner'), id: '00000000000000ff' }]);
  const list = listed.map(([, member]) => member);
  const healthy = listed
    .filter(([ordinal, { isLearner }]) => !isLearner && !state.ill.has(ordinal))
    .map(([, { id }]) => id);
  const membership: Membership = {
    clusterID,
    list: { clusterID, memberID: idOf(0), members: list },
    byOrdinal: new Map(listed),
    strangers: [],
    voters: list.filter(({ isLearner }) => !isLearner),
    learners: list.filter(({ isLearner }) => isLearner),
    healthy: new Set(healthy),
    leader: idOf(state.leader),
    agrees: true,
  };
  const probes = listed.map(([ordinal, member]) => [ordinal, probeOf(state, ordinal, member)] as const);
  const versions = { serverVersion: state.version, clusterVersion: `${state.version.slice(0, 3)}.0` };
  return {
    probes: new Map(probes),
    foreign: state.foreignCluster,
    started: new Map(
      listed
        .filter(([ordinal, { isLearner }]) => !isLearner || state.started.has(ordinal))
        .map(([ordinal]) => [ordinal, versions]),
    ),
    membership: state.quorumAway || state.foreignCluster !== undefined ? undefined : membership,
  };
}

function memberOf(state: ViewState, desired: Desired, ordinal: number, role: 'voter' | 'learner'): Member {
  const host = memberHost({ ...owner, domain: desired.spec.clusterDomain }, ordinal);
  const isNamed = role === 'voter' || state.started.has(ordinal);
  return {
    id: idOf(ordinal),
    name: isNamed ? names.pod(owner.name, ordinal) : '',
    peerURLs: [peerURL(host, true)],
    clientURLs: [],
    isLearner: role === 'learner',
  };
}

function probeOf(state: ViewState, ordinal: number, { id, isLearner }: Member): MemberProbe {
  if (state.ill.has(ordinal) || (isLearner && !state.started.has(ordinal))) return { reachable: false };
  const status = {
    clusterID,
    memberID: id,
    leader: state.quorumAway ? '' : idOf(state.leader),
    raftTerm: 2n,
    raftIndex: state.position,
    raftAppliedIndex: state.position,
    revision: state.position,
    version: state.version,
    storageVersion: '',
    dbSize: state.dbSize,
    dbSizeInUse: state.dbSize,
    dbSizeQuota: 0,
    isLearner,
    errors: [],
  };
  const answers = !isLearner && !state.quorumAway;
  return {
    reachable: true,
    status,
    alarms: state.alarms,
    ...(answers && { linearizable: { memberID: id, revision: state.position, raftTerm: 2n } }),
  };
}

export function votersOf(state: ViewState): readonly number[] {
  return state.roles.flatMap((role, ordinal) => (role === 'voter' && !state.expelled.has(ordinal) ? [ordinal] : []));
}
