/** Everything one pass knows, as plain values: the input of `plan`. Gathered by observe.ts, decided upon by policies/. */
import type { AcceptedSpec, EtcdCluster, Verdict } from '../api/index.js';
import type { Member, MemberList, MemberProbe } from '../etcd/index.js';
import type { KubeObject } from '../kube/index.js';
import type { CertificatesView } from './certificates-view.js';
import type { IdentityObject } from './identity.js';

export interface ClusterView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly name: string;
  readonly namespace: string;
  readonly cluster: EtcdCluster;
  /** What is carried out: the last accepted spec; undefined before the first was accepted. */
  readonly accepted: AcceptedRevision | undefined;
  /** The spec as it stands is the accepted one. */
  readonly isSpecAccepted: boolean;
  /** Every latched revision of the spec, oldest first. */
  readonly revisions: readonly RevisionView[];
  /** The guard's verdict over the spec as it stands. */
  readonly verdict: Verdict;
  readonly identity: IdentityObject | undefined;
  /** The members ConfigMap exists but cannot be read. */
  readonly isIdentityUnreadable: boolean;
  /** Objects with our names that are ours, by "plural/name". */
  readonly owned: ReadonlyMap<string, KubeObject>;
  /** Objects with our names that are not ours: "plural/name". */
  readonly conflicts: readonly string[];
  readonly pods: readonly PodView[];
  /** Volume claims with our name or label. */
  readonly volumes: readonly VolumeView[];
  readonly certificates: CertificatesView;
  /** What was seen of etcd; undefined while no member runs. */
  readonly etcd: EtcdView | undefined;
  /** Random for this pass: what a new incarnation would be called. */
  readonly dice: string;
}

export interface RevisionView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly revision: number;
}

export interface AcceptedRevision {
  readonly spec: AcceptedSpec;
  readonly revision: number;
  readonly name: string;
  /** Hash of the spec and default table, to see that it is still the current one. */
  readonly hash: string;
}

export interface PodView {
  readonly name: string;
  readonly ordinal: number;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ip: string | undefined;
  readonly node: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isDeleting: boolean;
  readonly isReady: boolean;
  /** The etcd container is running now. */
  readonly isRunning: boolean;
  readonly restarts: number;
  /** "CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", … */
  readonly waiting: string | undefined;
  /** How the etcd container last ended, while it has not started again. */
  readonly lastExit: { readonly code: number; readonly message: string; readonly at: number } | undefined;
  readonly createdAt: number;
  /** Why it is not scheduled, when it is not. */
  readonly unscheduled: string | undefined;
}

export interface VolumeView {
  readonly name: string;
  readonly ordinal: number | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly incarnation: string | undefined;
  readonly clusterID: string | undefined;
  readonly birth: number | undefined;
  readonly memberID: string | undefined;
  readonly isDeleting: boolean;
}

export interface EtcdView {
  /** By ordinal; only pods with an address are asked. */
  readonly probes: ReadonlyMap<number, MemberProbe>;
  /** Ordinals whose peer port answered /version, with the cluster's version as they know it. */
  readonly started: ReadonlyMap<number, { readonly serverVersion: string; readonly clusterVersion: string }>;
  /** The ID of another cluster that one of our members answers for; nothing it says is taken for ours. */
  readonly foreign: string | undefined;
  /** The linearizable list; undefined when nobody gave one. */
  readonly membership: Membership | undefined;
}

export interface Membership {
  readonly clusterID: string;
  readonly list: MemberList;
  readonly byOrdinal: ReadonlyMap<number, Member>;
  readonly strangers: readonly Member[];
  readonly voters: readonly Member[];
  readonly learners: readonly Member[];
  /** IDs of voters that answered a linearizable read just now. */
  readonly healthy: ReadonlySet<string>;
  /** The leader's ID, as the members with a quorum name it. */
  readonly leader: string | undefined;
  /** Every voter that answers shows the same list. */
  readonly agrees: boolean;
}

export const podOf = (view: ClusterView, ordinal: number): PodView | undefined =>
  view.pods.find((pod) => pod.ordinal === ordinal);

export const volumeOf = (view: ClusterView, ordinal: number): VolumeView | undefined =>
  view.volumes.find((volume) => volume.ordinal === ordinal);
