import type { Cause, EtcdCluster } from '../../../api/index.js';
import type { Alarm } from '../../../etcd/index.js';
import type { CertificateState } from '../../../controller/certificates-view.js';
import type { ClusterView, VolumeView } from '../../../controller/view.js';
import { viewOf } from './view-cluster.js';
import { clusterID, idOf, now, record, ViewState } from './view-state.js';

export { pod } from './view-members.js';
export { now } from './view-state.js';

/** A cluster at rest, and how a test makes it otherwise. */
export class ViewBuilder extends ViewState {
  /** `count` sealed voters with pods and volumes, and the size to match. */
  running(count: number): this {
    this.spec = { ...this.spec, size: count };
    this.members = Array.from({ length: count }, (_, ordinal) => record(ordinal, 'sealed'));
    this.roles = this.members.map(() => 'voter');
    return this;
  }

  unborn(size: number): this {
    this.spec = { ...this.spec, size };
    this.hasIdentity = false;
    return this;
  }

  size(size: number): this {
    this.spec = { ...this.spec, size };
    return this;
  }

  whenStopped(whenStopped: 'RetainAll' | 'RetainOne'): this {
    this.spec = { ...this.spec, storage: { retentionPolicy: { whenStopped } } };
    return this;
  }

  paused(): this {
    this.spec = { ...this.spec, paused: true };
    return this;
  }

  /** etcd's list has one more learner; its record is in this state, or there is none. */
  learner(state: 'joining' | 'sealed' | 'none', how: { started?: boolean; bornAt?: number } = {}): this {
    const ordinal = this.roles.length;
    this.roles.push('learner');
    if (state !== 'none') this.members.push({ ...record(ordinal, state), bornAt: how.bornAt ?? now });
    if (how.started === true) this.started.add(ordinal);
    return this;
  }

  /** The last member left etcd's list; its record says this. */
  departed(state: 'sealed' | 'removed'): this {
    const last = this.members.at(-1);
    if (last) this.members[this.members.length - 1] = { ...last, state };
    this.roles.pop();
    return this;
  }

  ledBy(ordinal: number): this {
    this.leader = ordinal;
    return this;
  }

  unhealthy(ordinal: number): this {
    this.ill.add(ordinal);
    return this;
  }

  withoutQuorum(): this {
    this.quorumAway = true;
    return this;
  }

  /** A member answers, and for this other cluster. */
  answeringFor(cluster: string): this {
    this.foreignCluster = cluster;
    return this;
  }

  /** Its pod was asked to end and still answers. */
  podEnding(ordinal: number): this {
    this.leaving.add(ordinal);
    return this;
  }

  /** Pods were made so long ago, whenever their members were born. */
  podsFor(ms: number): this {
    this.podAgeMs = ms;
    return this;
  }

  /** Its container does not run. */
  notRunning(ordinal: number): this {
    this.mute.add(ordinal);
    return this;
  }

  /** The ordinal of a member that is being released is in etcd's list again, under a new ID. */
  rejoined(): this {
    this.again = true;
    return this;
  }

  /** Pods run and etcd answers, but no readiness probe has passed yet. */
  notReady(): this {
    this.hasReadyPods = false;
    return this;
  }

  /** What the last pass said was under way. */
  amid(operation: NonNullable<NonNullable<EtcdCluster['status']>['operation']>): this {
    this.status = { ...this.status, operation };
    return this;
  }

  notLatched(forMs = 60_000): this {
    this.bootstrapped = false;
    this.podAgeMs = forMs;
    const bornAt = now - forMs;
    this.members = this.members.map(({ memberID: _id, ...each }) => ({ ...each, state: 'joining', bornAt }));
    return this;
  }

  asleep(): this {
    this.stopped = this.members.length;
    return this;
  }

  withVolume(volume: Partial<VolumeView> & { name: string }): this {
    const rest = { uid: 'uid-v', resourceVersion: '1', incarnation: undefined, clusterID: undefined, birth: undefined };
    this.extraVolumes.push({ ordinal: undefined, memberID: undefined, isDeleting: false, ...rest, ...volume });
    return this;
  }

  withoutVolume(ordinal: number): this {
    this.lostVolumes.add(ordinal);
    return this;
  }

  onVersion(version: string): this {
    this.version = version;
    return this;
  }

  remembered(): this {
    this.status = { clusterID, incarnation: '0badcafe' };
    return this;
  }

  foreign(object: string): this {
    this.conflicts.push(object);
    return this;
  }

  replicasStillAt(count: number): this {
    this.staleReplicas = count;
    return this;
  }

  later(ms: number): this {
    this.clock += ms;
    return this;
  }

  /** What the former passes wrote. */
  after(status: EtcdCluster['status']): this {
    this.status = status;
    return this;
  }

  /** No linearizable read has succeeded for this long. */
  silentFor(ms: number): this {
    const lastTransitionTime = new Date(this.clock - ms).toISOString();
    const available = { type: 'Available', status: 'False', reason: 'ReadFailed', message: '' } as const;
    return this.after({ ...this.status, conditions: [{ ...available, lastTransitionTime }] });
  }

  /** The guard refuses the newest spec. */
  refused(...causes: readonly Cause[]): this {
    this.causes = causes;
    return this;
  }

  unreadable(): this {
    this.isUnreadable = true;
    this.hasIdentity = false;
    return this;
  }

  /** Its sealed file met a disk that is empty or another's. */
  refusesDisk(ordinal: number): this {
    this.refusing.add(ordinal);
    return this.stoppedPod(ordinal);
  }

  stoppedPod(ordinal: number): this {
    this.down.add(ordinal);
    return this.unhealthy(ordinal);
  }

  /** The cache lists pods in another order than the server. */
  podsReversed(): this {
    this.isReversed = true;
    return this;
  }

  /** Removed from etcd's list by someone else. */
  expel(ordinal: number): this {
    this.expelled.add(ordinal);
    return this;
  }

  alarm(type: Alarm['type'], ordinal: number): this {
    this.alarms = [...this.alarms, { type, memberID: idOf(ordinal) }];
    return this;
  }

  /** What moves all the time: raft index and revision, and the size of the database. */
  moved(position: bigint, dbSize = this.dbSize): this {
    this.position = position;
    this.dbSize = dbSize;
    return this;
  }

  certificate(secret: string, judgement: Partial<CertificateState>): this {
    this.judgements.set(secret, judgement);
    return this;
  }

  deleted(object: string): this {
    this.edits.push((owned) => owned.delete(object));
    return this;
  }

  /** Somebody wrote these top-level fields of an object of ours. */
  edited(object: string, fields: object): this {
    this.edits.push((owned) => {
      const found = owned.get(object);
      if (found) owned.set(object, { ...found, ...fields });
    });
    return this;
  }

  editedFile(pod: string, text: string): this {
    this.damagedFiles.set(pod, text);
    return this;
  }

  build(): ClusterView {
    return viewOf(this);
  }
}

export const view = (): ViewBuilder => new ViewBuilder();
