import { names } from '../../../api/names.js';
import { quorum, type Member, type MemberProbe } from '../../../etcd/index.js';
import type { KubeObject } from '../../../kube/index.js';
import { fromData } from '../../../controller/identity.js';
import { readVolume } from '../../../controller/read-pod.js';
import type { Effect } from '../../../controller/step.js';
import type { ClusterView, Membership, PodView } from '../../../controller/view.js';
import { pod } from './view-builder.js';

const clusterID = '00000000000000c1';

/** Kubernetes and etcd as the plan needs them: effects happen at once, processes start when `settle` says so. */
export class World {
  private readonly up = new Set<number>();
  private born = 0;

  /** From a view at rest or half-way; `list` is etcd's own, which outlives its processes. */
  constructor(
    private at: ClusterView,
    readonly list: Map<number, Member>,
    private leader: string | undefined,
  ) {
    for (const ordinal of at.etcd?.probes.keys() ?? [])
      if (at.etcd?.probes.get(ordinal)?.reachable) this.up.add(ordinal);
  }

  view(): ClusterView {
    return { ...this.at, etcd: this.look() };
  }

  /** Every pod with a place in the list and a file that fits it starts. False: nothing was left to happen. */
  settle(): boolean {
    const { identity } = this.at.identity ?? {};
    const ready = this.at.pods.filter(({ ordinal }) => identity?.members[ordinal] && !this.up.has(ordinal));
    if (identity && !identity.clusterID && this.list.size === 0)
      for (const { ordinal } of ready) this.list.set(ordinal, this.member(ordinal, false));
    const starting = ready.filter(({ ordinal }) => this.list.has(ordinal) && this.fits(ordinal));
    for (const { ordinal, name } of starting) {
      this.up.add(ordinal);
      this.list.set(ordinal, { ...(this.list.get(ordinal) as Member), name });
    }
    return starting.length > 0;
  }

  /** etcd starts with data whatever its file lists; a joiner's must be the membership at that moment. */
  private fits(ordinal: number): boolean {
    const { identity, files } = this.at.identity ?? {};
    const text = files?.get(names.pod(this.at.name, ordinal)) ?? '';
    const urls = [...this.list.values()].flatMap(({ peerURLs }) => peerURLs);
    return identity?.members[ordinal]?.state !== 'joining' || urls.every((url) => text.includes(`=${url}`));
  }

  apply(effect: Effect): void {
    switch (effect.do) {
      case 'create':
      case 'update':
        return this.store(effect);
      case 'patch':
        return this.patch(effect);
      case 'delete':
        return this.remove(effect);
      case 'issue':
        throw new Error('certificates are fit in this world');
      case 'add-learner':
        return void this.list.set(effect.ordinal, this.member(effect.ordinal, true));
      case 'promote':
        return void this.list.set(effect.ordinal, { ...(this.list.get(effect.ordinal) as Member), isLearner: false });
      case 'remove-member':
        this.up.delete(effect.ordinal);
        return void this.list.delete(effect.ordinal);
      case 'move-leader':
        this.leader = effect.memberID;
    }
  }

  private member(ordinal: number, isLearner: boolean): Member {
    const id = (0x100 + this.born++).toString(16).padStart(16, '0');
    const host = `${names.pod(this.at.name, ordinal)}.orders-peers.shop.svc.cluster.local`;
    return { id, name: '', peerURLs: [`https://${host}:2380`], clientURLs: [], isLearner };
  }

  private store({ resource, object }: Extract<Effect, { do: 'create' | 'update' }>): void {
    if (resource === 'configMaps') {
      const read = fromData(object['data'] as Record<string, string>);
      if (!read) throw new Error('the members ConfigMap cannot be read back');
      this.at = { ...this.at, identity: { ...read, uid: 'uid-cm', resourceVersion: '5' } };
      return;
    }
    const stored = { ...object, metadata: { ...object.metadata, uid: 'uid-o', resourceVersion: '7' } };
    this.at = { ...this.at, owned: new Map([...this.at.owned, [`${resource}/${object.metadata.name}`, stored]]) };
    if (resource === 'statefulSets') this.scale(object);
  }

  /** What the StatefulSet controller does: pods and claims that lack, and no claim is ever deleted. */
  private scale(set: KubeObject): void {
    const { replicas } = set['spec'] as { replicas: number };
    const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
    const pods = ordinals.map((ordinal) => this.at.pods.find((each) => each.ordinal === ordinal) ?? pod(ordinal));
    for (const ordinal of this.up) if (ordinal >= replicas) this.up.delete(ordinal);
    const claims = ordinals.filter((ordinal) => !this.at.volumes.some((volume) => volume.ordinal === ordinal));
    const labels = { 'quorate.dev/incarnation': this.at.identity?.identity.incarnation ?? '' };
    const volumes = claims.flatMap((ordinal) => {
      const name = names.volumeClaim(this.at.name, ordinal);
      const metadata = { name, uid: `uid-${name}`, resourceVersion: '1', labels };
      return readVolume(this.at.name, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }) ?? [];
    });
    this.at = { ...this.at, pods, volumes: [...this.at.volumes, ...volumes] };
  }

  private patch({ resource, name, patch }: Extract<Effect, { do: 'patch' }>): void {
    const { metadata, status, spec } = patch as { metadata: Partial<PodView>; status?: object; spec?: object };
    const kept = this.at.owned.get(`${resource}/${name}`);
    if (kept && spec) {
      const annotations = { ...kept.metadata.annotations, ...metadata.annotations };
      const patched = {
        ...kept,
        metadata: { ...kept.metadata, annotations },
        spec: { ...(kept['spec'] as object), ...spec },
      };
      this.at = { ...this.at, owned: new Map([...this.at.owned, [`${resource}/${name}`, patched]]) };
      return;
    }
    if (resource === 'etcdClusters')
      this.at = { ...this.at, cluster: { ...this.at.cluster, status: { ...this.at.cluster.status, ...status } } };
    const marked = (of: PodView): PodView => ({
      ...of,
      labels: { ...of.labels, ...metadata.labels },
      annotations: { ...of.annotations, ...metadata.annotations },
    });
    const note = metadata.annotations ?? {};
    const about = { clusterID, birth: Number(note['quorate.dev/birth']), memberID: note['quorate.dev/member-id'] };
    this.at = {
      ...this.at,
      pods: this.at.pods.map((each) => (each.name === name ? marked(each) : each)),
      volumes: this.at.volumes.map((each) => (each.name === name ? { ...each, ...about } : each)),
    };
  }

  private remove({ resource, name }: Extract<Effect, { do: 'delete' }>): void {
    const owned = new Map([...this.at.owned].filter(([key]) => key !== `${resource}/${name}`));
    const isGone = (object: { name: string }): boolean => resource === 'persistentVolumeClaims' && object.name === name;
    this.at = { ...this.at, owned, volumes: this.at.volumes.filter((each) => !isGone(each)) };
  }

  private look(): ClusterView['etcd'] {
    const listed = [...this.list].sort(([a], [b]) => a - b);
    const running = listed.filter(([ordinal]) => this.up.has(ordinal));
    if (running.length === 0) return undefined;
    const voters = listed.map(([, member]) => member).filter(({ isLearner }) => !isLearner);
    const able = running.map(([, member]) => member).filter(({ isLearner }) => !isLearner);
    const hasQuorum = able.length >= quorum(voters.length);
    if (!able.some(({ id }) => id === this.leader)) this.leader = able[0]?.id;
    const members = listed.map(([, member]) => member);
    const version = this.at.accepted?.spec.version ?? '';
    const versions = { serverVersion: version, clusterVersion: `${version.slice(0, 3)}.0` };
    const membership: Membership = {
      clusterID,
      list: { clusterID, memberID: this.leader ?? '', members },
      byOrdinal: new Map(listed),
      strangers: [],
      voters,
      learners: members.filter(({ isLearner }) => isLearner),
      healthy: new Set(able.map(({ id }) => id)),
      leader: this.leader,
      agrees: true,
    };
    return {
      probes: new Map(running.map(([ordinal, member]) => [ordinal, this.probe(member)])),
      started: new Map(running.map(([ordinal]) => [ordinal, versions])),
      foreign: undefined,
      membership: hasQuorum ? membership : undefined,
    };
  }

  private probe({ id, isLearner }: Member): MemberProbe {
    const raft = { raftTerm: 2n, raftIndex: 10n, raftAppliedIndex: 10n, revision: 4n };
    const sizes = { version: '3.6.16', storageVersion: '', dbSize: 20_480, dbSizeInUse: 20_480, dbSizeQuota: 0 };
    const status = { clusterID, memberID: id, leader: this.leader ?? '', isLearner, errors: [], ...raft, ...sizes };
    return { reachable: true, status, alarms: [], ...(!isLearner && { linearizable: { memberID: id, ...raft } }) };
  }
}
