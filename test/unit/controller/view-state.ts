import type { Cause, EtcdCluster, EtcdClusterSpec } from '../../../api/index.js';
import type { Alarm } from '../../../etcd/index.js';
import type { KubeObject } from '../../../kube/index.js';
import type { CertificateState } from '../../../controller/certificates-view.js';
import type { MemberRecord } from '../../../controller/identity.js';
import type { VolumeView } from '../../../controller/view.js';

export const now = Date.parse('2026-11-01T12:00:00Z');
export const owner = { name: 'orders', namespace: 'shop', uid: 'uid-orders' };
export const clusterID = '00000000000000c1';
export const idOf = (ordinal: number): string => `${ordinal + 1}`.padStart(16, '0');

/** What a test can make otherwise of a cluster at rest. */
export class ViewState {
  spec: EtcdClusterSpec = { size: 1 };
  status: EtcdCluster['status'];
  members: Omit<MemberRecord, 'fileHash'>[] = [];
  bootstrapped = true;
  stopped: number | undefined;
  roles: ('voter' | 'learner')[] = [];
  leader = 0;
  readonly ill = new Set<number>();
  readonly started = new Set<number>();
  quorumAway = false;
  hasReadyPods = true;
  again = false;
  podAgeMs = 60_000;
  foreignCluster: string | undefined;
  readonly leaving = new Set<number>();
  readonly mute = new Set<number>();
  extraVolumes: VolumeView[] = [];
  readonly lostVolumes = new Set<number>();
  version = '3.6.16';
  conflicts: string[] = [];
  hasIdentity = true;
  staleReplicas: number | undefined;
  clock = now;
  causes: readonly Cause[] = [];
  isUnreadable = false;
  isReversed = false;
  readonly refusing = new Set<number>();
  readonly down = new Set<number>();
  readonly expelled = new Set<number>();
  alarms: readonly Alarm[] = [];
  position = 10n;
  dbSize = 20_480;
  readonly judgements = new Map<string, Partial<CertificateState>>();
  readonly edits: ((owned: Map<string, KubeObject>) => void)[] = [];
  readonly damagedFiles = new Map<string, string>();
}

export function record(ordinal: number, state: 'joining' | 'sealed'): Omit<MemberRecord, 'fileHash'> {
  return { ordinal, birth: ordinal + 1, state, memberID: idOf(ordinal), bornAt: now - 60_000 };
}
