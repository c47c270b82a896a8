import { acceptedSpec, apiVersion, type Cause, type EtcdCluster, type EtcdClusterSpec } from '../../../api/index.js';
import { memberHost, names } from '../../../api/names.js';
import { peerURL, type Alarm, type Member, type MemberProbe } from '../../../etcd/index.js';
import type { KubeObject } from '../../../kube/index.js';
import {
  certificateSecrets,
  type CertificateState,
  type CertificatesView,
} from '../../../controller/certificates-view.js';
import { withAppliedHash } from '../../../controller/drift.js';
import { isBootstrapped, present, replicas, type Identity, type MemberRecord } from '../../../controller/identity.js';
import { disruptionBudget } from '../../../controller/objects/disruption-budget.js';
import { memberFile, peerOf, sealedState } from '../../../controller/objects/members.js';
import { specHash } from '../../../controller/objects/revision.js';
import { clientService, peerService } from '../../../controller/objects/services.js';
import { statefulSet } from '../../../controller/objects/stateful-set.js';
import { marks } from '../../../controller/policies/upkeep.js';
import type { ClusterView, Membership, PodView, VolumeView } from '../../../controller/view.js';

export const now = Date.parse('2026-11-01T12:00:00Z');
const owner = { name: 'orders', namespace: 'shop', uid: 'uid-orders' };
const clusterID = '00000000000000c1';
const idOf = (ordinal: number): string => `${ordinal + 1}`.padStart(16, '0');

/** A cluster at rest, and how a test makes it otherwise. Real defaults, real builders of objects and files. */
export class ViewBuilder {
  private spec: EtcdClusterSpec = { size: 1 };
  private status: EtcdCluster['status'];
  private members: Omit<MemberRecord, 'fileHash'>[] = [];
  private bootstrapped = true;
  private stopped: number | undefined;
  private roles: ('voter' | 'learner')[] = [];
  private leader = 0;
  private readonly ill = new Set<number>();
  private readonly started = new Set<number>();
  private quorumAway = false;
  private hasReadyPods = true;
  private again = false;
  private podAgeMs = 60_000;
  private foreignCluster: string | undefined;
  private readonly leaving = new Set<number>();
  private readonly mute = new Set<number>();
  private extraVolumes: VolumeView[] = [];
  private readonly lostVolumes = new Set<number>();
  private version = '3.6.16';
  private conflicts: string[] = [];
  private hasIdentity = true;
  private staleReplicas: number | undefined;
  private clock = now;
  private causes: readonly Cause[] = [];
  private isUnreadable = false;
  private isReversed = false;
  private readonly refusing = new Set<number>();
  private readonly down = new Set<number>();
  private readonly expelled = new Set<number>();
  private alarms: readonly Alarm[] = [];
  private position = 10n;
  private dbSize = 20_480;
  private readonly judgements = new Map<string, Partial<CertificateState>>();
  private readonly edits: ((owned: Map<string, KubeObject>) => void)[] = [];
  private readonly damagedFiles = new Map<string, string>();

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
    const accepted = acceptedSpec({ ...this.spec, version: this.version });
    const desired = { owner, spec: accepted };
    const identity = this.identity();
    const files = new Map<string, string>();
    const members = identity.members.map((member) => {
      const file = this.fileOf(desired, identity, member);
      files.set(file.pod, file.text);
      return { ...member, fileHash: file.hash };
    });
    const whole: Identity = { ...identity, members };
    const presentFiles = new Map(
      [...files].filter(([pod]) => present(whole).some(({ ordinal }) => names.pod(owner.name, ordinal) === pod)),
    );
    const base: ClusterView = {
      now: this.clock,
      name: owner.name,
      namespace: owner.namespace,
      cluster: {
        apiVersion,
        kind: 'EtcdCluster',
        metadata: { ...owner, resourceVersion: '9', generation: 2, creationTimestamp: '2026-11-01T11:00:00Z' },
        spec: this.spec,
        ...(this.status && { status: this.status }),
      },
      accepted: { spec: accepted, revision: 1, name: 'orders-spec-1', hash: specHash(this.spec) },
      isSpecAccepted: this.causes.length === 0,
      revisions: [],
      verdict: { causes: this.causes, warnings: [] },
      identity: this.hasIdentity
        ? {
            identity: whole,
            uid: 'uid-cm',
            resourceVersion: '5',
            files: new Map([...presentFiles, ...this.damagedFiles]),
          }
        : undefined,
      isIdentityUnreadable: this.isUnreadable,
      owned: this.hasIdentity ? this.owned(desired, whole) : new Map<string, KubeObject>(),
      conflicts: this.conflicts,
      pods: this.pods(whole),
      volumes: [...this.volumes(whole), ...this.extraVolumes],
      certificates: this.certificates(accepted),
      etcd: this.etcd(desired),
      dice: 'feedf00d',
    };
    return this.stopped === undefined ? marked(base) : base;
  }

  private pods(identity: Identity): readonly PodView[] {
    if (this.stopped !== undefined || !this.hasIdentity) return [];
    const pods = present(identity).map(({ ordinal }) => this.pod(ordinal));
    return this.isReversed ? pods.reverse() : pods;
  }

  private pod(ordinal: number): PodView {
    if (!this.down.has(ordinal)) {
      const isRunning = !this.mute.has(ordinal);
      const createdAt = now - this.podAgeMs;
      const isDeleting = this.leaving.has(ordinal);
      return { ...pod(ordinal), isReady: this.hasReadyPods, isRunning, isDeleting, createdAt };
    }
    const message = "couldn't find local name in the initial cluster configuration";
    const refusal = { waiting: 'CrashLoopBackOff', lastExit: { code: 1, message, at: now } };
    return { ...pod(ordinal), isReady: false, isRunning: false, ...(this.refusing.has(ordinal) && refusal) };
  }

  private certificates(spec: ReturnType<typeof acceptedSpec>): CertificatesView {
    return certificates(spec).map((each) => ({ ...each, ...this.judgements.get(each.secret.name) }));
  }

  private identity(): Identity {
    return {
      incarnation: '0badcafe',
      nextBirth: this.members.length + 1,
      members: this.members.map((member) => ({ ...member, fileHash: '' })),
      ...(this.bootstrapped && { clusterID }),
      ...(this.stopped !== undefined && { stopped: { size: this.stopped } }),
    };
  }

  private fileOf(
    desired: { owner: typeof owner; spec: ReturnType<typeof acceptedSpec> },
    identity: Identity,
    member: MemberRecord,
  ) {
    const joined = this.roles.map((_, ordinal) => ordinal);
    if (member.state !== 'joining')
      return memberFile(desired, identity, member, sealedState(desired, joined, member.ordinal));
    const kind = this.bootstrapped ? 'existing' : 'new';
    return memberFile(desired, identity, member, { kind, initialCluster: joined.map((each) => peerOf(desired, each)) });
  }

  private owned(
    desired: { owner: typeof owner; spec: ReturnType<typeof acceptedSpec> },
    identity: Identity,
  ): Map<string, KubeObject> {
    const target =
      desired.spec.size > 0
        ? desired.spec.size
        : desired.spec.storage.retentionPolicy.whenStopped === 'RetainOne'
          ? 1
          : this.voters().length;
    const budget = identity.stopped
      ? null
      : disruptionBudget(owner, this.quorumAway ? present(identity).length : this.voters().length, target);
    const set = statefulSet({
      ...desired,
      incarnation: identity.incarnation,
      replicas: this.staleReplicas ?? replicas(identity),
    });
    const objects: (readonly [string, KubeObject])[] = [
      ['services', peerService(owner)],
      ['services', clientService(owner, isBootstrapped(identity))],
      ['statefulSets', set],
      ...(budget ? [['podDisruptionBudgets', budget] as const] : []),
    ];
    const owned = new Map(
      objects.map(([kind, object]): [string, KubeObject] => {
        const stored = withAppliedHash(object);
        return [
          `${kind}/${object.metadata.name}`,
          { ...stored, metadata: { ...stored.metadata, uid: 'uid-o', resourceVersion: '7' } },
        ];
      }),
    );
    for (const edit of this.edits) edit(owned);
    return owned;
  }

  private voters(): readonly number[] {
    return this.roles.flatMap((role, ordinal) => (role === 'voter' && !this.expelled.has(ordinal) ? [ordinal] : []));
  }

  private volumes(identity: Identity): VolumeView[] {
    return identity.members
      .filter(({ ordinal }) => !this.lostVolumes.has(ordinal))
      .map(({ ordinal, birth, memberID }) => ({
        name: names.volumeClaim(owner.name, ordinal),
        ordinal,
        uid: `uid-volume-${ordinal}`,
        resourceVersion: '3',
        incarnation: identity.incarnation,
        clusterID,
        birth,
        memberID,
        isDeleting: false,
      }));
  }

  private etcd(desired: { owner: typeof owner; spec: ReturnType<typeof acceptedSpec> }): ClusterView['etcd'] {
    if (this.stopped !== undefined || !this.hasIdentity) return undefined;
    const listed = this.roles
      .map((role, ordinal): [number, Member] => [ordinal, this.member(desired, ordinal, role)])
      .filter(([ordinal]) => !this.expelled.has(ordinal));
    const { length } = listed;
    if (this.again) listed.push([length, { ...this.member(desired, length, 'learner'), id: '00000000000000ff' }]);
    const list = listed.map(([, member]) => member);
    const healthy = listed
      .filter(([ordinal, { isLearner }]) => !isLearner && !this.ill.has(ordinal))
      .map(([, { id }]) => id);
    const membership: Membership = {
      clusterID,
      list: { clusterID, memberID: idOf(0), members: list },
      byOrdinal: new Map(listed),
      strangers: [],
      voters: list.filter(({ isLearner }) => !isLearner),
      learners: list.filter(({ isLearner }) => isLearner),
      healthy: new Set(healthy),
      leader: idOf(this.leader),
      agrees: true,
    };
    const probes = listed.map(([ordinal, member]) => [ordinal, this.probe(ordinal, member)] as const);
    const versions = { serverVersion: this.version, clusterVersion: `${this.version.slice(0, 3)}.0` };
    return {
      probes: new Map(probes),
      foreign: this.foreignCluster,
      started: new Map(
        listed
          .filter(([ordinal, { isLearner }]) => !isLearner || this.started.has(ordinal))
          .map(([ordinal]) => [ordinal, versions]),
      ),
      membership: this.quorumAway || this.foreignCluster !== undefined ? undefined : membership,
    };
  }

  private member(
    desired: { owner: typeof owner; spec: ReturnType<typeof acceptedSpec> },
    ordinal: number,
    role: 'voter' | 'learner',
  ): Member {
    const host = memberHost({ ...owner, domain: desired.spec.clusterDomain }, ordinal);
    const isNamed = role === 'voter' || this.started.has(ordinal);
    return {
      id: idOf(ordinal),
      name: isNamed ? names.pod(owner.name, ordinal) : '',
      peerURLs: [peerURL(host, true)],
      clientURLs: [],
      isLearner: role === 'learner',
    };
  }

  private probe(ordinal: number, { id, isLearner }: Member): MemberProbe {
    if (this.ill.has(ordinal) || (isLearner && !this.started.has(ordinal))) return { reachable: false };
    const status = {
      clusterID,
      memberID: id,
      leader: this.quorumAway ? '' : idOf(this.leader),
      raftTerm: 2n,
      raftIndex: this.position,
      raftAppliedIndex: this.position,
      revision: this.position,
      version: this.version,
      storageVersion: '',
      dbSize: this.dbSize,
      dbSizeInUse: this.dbSize,
      dbSizeQuota: 0,
      isLearner,
      errors: [],
    };
    const answers = !isLearner && !this.quorumAway;
    return {
      reachable: true,
      status,
      alarms: this.alarms,
      ...(answers && { linearizable: { memberID: id, revision: this.position, raftTerm: 2n } }),
    };
  }
}

function record(ordinal: number, state: 'joining' | 'sealed'): Omit<MemberRecord, 'fileHash'> {
  return { ordinal, birth: ordinal + 1, state, memberID: idOf(ordinal), bornAt: now - 60_000 };
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

const day = 86_400_000;

const certificates = (spec: ReturnType<typeof acceptedSpec>): CertificatesView =>
  certificateSecrets(owner, spec).map((secret) => ({
    secret,
    object: { uid: 'uid-s', resourceVersion: '1' },
    fingerprint: 'f1',
    ...(secret.content.kind === 'authority'
      ? { notAfter: now + 3_640 * day }
      : { notAfter: now + 80 * day, renewAt: now + 50 * day }),
  }));

/** With the labels and annotations that the plan itself would put on the pods: at rest there is nothing to mark. */
function marked(view: ClusterView): ClusterView {
  const decision = marks.decide(view);
  if (decision?.kind !== 'act') return view;
  const pods = view.pods.map((each) => {
    const effect = decision.step.effects.find((candidate) => candidate.do === 'patch' && candidate.name === each.name);
    if (effect?.do !== 'patch') return each;
    const { labels = {}, annotations = {} } = (
      effect.patch as { metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } }
    ).metadata;
    return { ...each, labels, annotations };
  });
  return { ...view, pods };
}

export const view = (): ViewBuilder => new ViewBuilder();
