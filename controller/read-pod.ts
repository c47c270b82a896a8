/** Pods and volume claims as the API server sends them → what the plan needs of them. */
import { annotations, labels, names, ordinalOf } from '../api/names.js';
import type { KubeObject } from '../kube/index.js';
import type { PodView, VolumeView } from './view.js';

interface ContainerState {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: { readonly exitCode?: number; readonly message?: string; readonly finishedAt?: string };
}

interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly reason?: string;
  }[];
  readonly containerStatuses?: readonly {
    readonly name: string;
    readonly restartCount?: number;
    readonly state?: ContainerState;
    readonly lastState?: ContainerState;
  }[];
}

/** Undefined for a pod that is not a member's. */
export function readPod(cluster: string, pod: KubeObject): PodView | undefined {
  const ordinal = ordinalOf(cluster, pod.metadata.name);
  if (ordinal === undefined) return undefined;
  const status = (pod['status'] ?? {}) as PodStatus;
  const etcd = status.containerStatuses?.find(({ name }) => name === 'etcd');
  const condition = (type: string) => status.conditions?.find((each) => each.type === type);
  const scheduled = condition('PodScheduled');
  const { uid = '', resourceVersion = '', labels: labelsOf = {}, annotations: annotationsOf = {} } = pod.metadata;
  return {
    name: pod.metadata.name,
    ordinal,
    uid,
    resourceVersion,
    ip: status.podIP,
    node: (pod['spec'] as { nodeName?: string } | undefined)?.nodeName,
    labels: labelsOf,
    annotations: annotationsOf,
    isDeleting: pod.metadata.deletionTimestamp !== undefined,
    isReady: condition('Ready')?.status === 'True',
    isRunning: etcd?.state?.running !== undefined,
    restarts: etcd?.restartCount ?? 0,
    waiting: etcd?.state?.waiting?.reason,
    lastExit: lastExit(etcd?.state, etcd?.lastState),
    createdAt: Date.parse(pod.metadata.creationTimestamp ?? ''),
    unscheduled: scheduled?.status === 'False' ? (scheduled.message ?? scheduled.reason) : undefined,
  };
}

function lastExit(state: ContainerState | undefined, last: ContainerState | undefined): PodView['lastExit'] {
  if (state?.running) return undefined;
  const ended = state?.terminated ?? last?.terminated;
  if (!ended) return undefined;
  return { code: ended.exitCode ?? 0, message: ended.message ?? '', at: Date.parse(ended.finishedAt ?? '') };
}

/** Undefined for a claim that has neither our label nor one of our names. */
export function readVolume(cluster: string, claim: KubeObject): VolumeView | undefined {
  const {
    name,
    uid = '',
    resourceVersion = '',
    labels: labelsOf = {},
    annotations: annotationsOf = {},
  } = claim.metadata;
  const prefix = `${names.volumeClaimTemplate}-`;
  const ordinal = name.startsWith(prefix) ? ordinalOf(cluster, name.slice(prefix.length)) : undefined;
  if (ordinal === undefined && labelsOf[labels.cluster] !== cluster) return undefined;
  const birth = annotationsOf[annotations.birth];
  return {
    name,
    ordinal,
    uid,
    resourceVersion,
    incarnation: labelsOf[labels.incarnation],
    clusterID: annotationsOf[annotations.clusterID],
    birth: birth === undefined ? undefined : Number(birth),
    memberID: annotationsOf[annotations.memberID],
    isDeleting: claim.metadata.deletionTimestamp !== undefined,
  };
}
