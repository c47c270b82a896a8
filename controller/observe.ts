/** Gathered objects and a look at every member → one ClusterView. The only part of a pass that asks etcd anything. */
import type { EtcdCluster } from '../api/index.js';
import { acceptedSpec, guard, memberHost, names, ports, type Environment } from '../api/index.js';
import {
  listsAgree,
  membersByOrdinal,
  peerVersion,
  voters,
  learners,
  type ClientCertificate,
  type ClientPool,
  type MemberList,
  type MemberProbe,
} from '../etcd/index.js';
import type { KubeObject } from '../kube/index.js';
import { certificateSecrets, judgeCertificates, secretData } from './certificates-view.js';
import { ownNames, type Gathered } from './gather.js';
import { fromData, present, type Identity, type IdentityObject } from './identity.js';
import { ownedBy } from './objects/common.js';
import { latched, nextRevision, specHash } from './objects/revision.js';
import { probeAll, type Probed } from './probe-all.js';
import { readPod, readVolume } from './read-pod.js';
import { isAtLeast36, isLarge } from './situation.js';
import type { AcceptedRevision, ClusterView, EtcdView, Membership, PodView } from './view.js';

export interface ObserveOptions {
  readonly environment: Environment;
  readonly clients: ClientPool;
  /** For one look at one member; all members are looked at side by side. */
  readonly probeDeadlineMs: number;
}

export async function observe(gathered: Gathered, options: ObserveOptions): Promise<ClusterView> {
  const view = readObjects(gathered, options.environment);
  const etcd = view.identity && view.accepted ? await lookAtMembers(view, gathered, options) : undefined;
  return { ...view, etcd };
}

function readObjects({ cluster, objects, pods, claims }: Gathered, environment: Environment): ClusterView {
  const { name, namespace, uid } = cluster.metadata;
  const known = new Set(ownNames(name).map(([kind, each]) => `${kind}/${each}`));
  const owned = ownedBy(uid, objects);
  const now = environment.clock.now();
  const history = latched(owned);
  const accepted = history.at(-1)?.accepted;
  const verdict = guard(cluster, accepted?.spec, { now, operation: 'UPDATE', place: 'guard' });
  const isNamed = (key: string): boolean => known.has(key) || key.startsWith(`controllerRevisions/${name}-spec-`);
  // Whatever is found under the name of the next revision is in the way, even one of ours, which cannot be read; but only of a spec that is
  // to be latched.
  const next = `controllerRevisions/${nextRevision(cluster, owned) ?? ''}`;
  const isLatching = verdict.causes.length === 0 && cluster.spec.paused !== true;
  const isInTheWay = (key: string): boolean => (key === next ? isLatching : isNamed(key) && !owned.has(key));
  const conflicts = [...objects.keys()].filter(isInTheWay);
  const memory = owned.get(`configMaps/${names.members(name)}`);
  const identity = memory && readIdentity(memory);
  return {
    now,
    name,
    namespace,
    cluster,
    accepted,
    isSpecAccepted: accepted?.hash === specHash(cluster.spec),
    revisions: history.map(({ accepted: each, object }) => ({
      name: each.name,
      revision: each.revision,
      uid: object.metadata.uid ?? '',
      resourceVersion: object.metadata.resourceVersion ?? '',
    })),
    verdict,
    identity,
    isIdentityUnreadable: memory !== undefined && identity === undefined,
    owned,
    conflicts,
    pods: pods.flatMap((pod) => readPod(name, pod) ?? []),
    volumes: claims.flatMap((claim) => readVolume(name, claim) ?? []),
    certificates: certificatesOf(cluster, accepted, owned, now),
    etcd: undefined,
    dice: Buffer.from(environment.random.bytes(4)).toString('hex'),
  };
}

function certificatesOf(
  { metadata: { name, namespace } }: EtcdCluster,
  accepted: AcceptedRevision | undefined,
  owned: ReadonlyMap<string, KubeObject>,
  now: number,
): ClusterView['certificates'] {
  if (!accepted) return [];
  return judgeCertificates(
    certificateSecrets({ name, namespace }, accepted.spec),
    (secret) => owned.get(`secrets/${secret}`),
    now,
  );
}

function readIdentity(object: KubeObject): IdentityObject | undefined {
  const read = fromData(object['data'] as Record<string, string> | undefined);
  const { uid = '', resourceVersion = '' } = object.metadata;
  return read && { ...read, uid, resourceVersion };
}

interface Talker extends Probed {
  readonly peer: { readonly address: string; readonly serverName: string };
}

async function lookAtMembers(view: ClusterView, gathered: Gathered, options: ObserveOptions): Promise<EtcdView> {
  const { accepted, identity } = view;
  const credentials = operatorCertificates(gathered.objects.get(`secrets/${names.operatorCertificate(view.name)}`));
  const talkers = view.pods
    .filter(({ ip, isRunning }) => isRunning && ip !== undefined)
    .map((pod) => talker(view, pod, credentials.client, options));
  const deadlineMs = options.probeDeadlineMs;
  const asksVersions =
    accepted !== undefined && identity !== undefined && needsVersions(identity.identity, accepted.spec.size);
  const [probes, versions] = await Promise.all([
    probeAll(talkers, {
      deadlineMs,
      isGrowing: asksVersions && hasSeveralLearners(view),
      ordinalOf: ordinalsOf(view),
      clock: options.environment.clock,
    }),
    Promise.all(
      (asksVersions ? talkers : []).map(async ({ ordinal, peer }) => {
        const answer = await peerVersion({
          ...peer,
          tls: credentials.peer,
          deadlineMs,
          environment: options.environment,
        });
        return 'error' in answer ? [] : [[ordinal, answer] as const];
      }),
    ),
  ]);
  const foreign = probes.flatMap(([, { status }]) => (isOurs(view, status?.clusterID) ? [] : [status?.clusterID]));
  // Whoever answers for another cluster says nothing about ours.
  const byOrdinal = new Map<number, MemberProbe>(
    probes.map(([ordinal, probe]) => [ordinal, isOurs(view, probe.status?.clusterID) ? probe : { reachable: true }]),
  );
  return {
    probes: byOrdinal,
    foreign: foreign[0],
    started: new Map(versions.flat()),
    membership: await readMembership(view, talkers, byOrdinal, deadlineMs),
  };
}

/** Peer ports are asked only while someone joins or is to join. */
const needsVersions = (identity: Identity, size: number): boolean =>
  present(identity).length < size || identity.members.some(({ state }) => state === 'joining');

/** Where one learner is promoted before the next is added, its own word is waited for. */
function hasSeveralLearners({ accepted, cluster }: ClusterView): boolean {
  const dbSizes = cluster.status?.members?.map(({ dbSize = 0 }) => dbSize) ?? [];
  return accepted !== undefined && isAtLeast36(accepted.spec.version) && !dbSizes.some(isLarge);
}

function talker(
  view: ClusterView,
  pod: PodView,
  tls: ClientCertificate | undefined,
  { clients }: ObserveOptions,
): Talker {
  const domain = view.accepted?.spec.clusterDomain ?? acceptedSpec(view.cluster.spec).clusterDomain;
  const serverName = memberHost({ name: view.name, namespace: view.namespace, domain }, pod.ordinal);
  const host = pod.ip?.includes(':') === true ? `[${pod.ip}]` : (pod.ip ?? '');
  return {
    ordinal: pod.ordinal,
    // By address, so that nothing waits for DNS; the certificate is still checked against the member's own name.
    client: clients.client({ address: `${host}:${ports.client}`, serverName, tls }),
    peer: { address: `${host}:${ports.peer}`, serverName },
  };
}

export interface OperatorCertificates {
  readonly client: ClientCertificate | undefined;
  readonly peer: ClientCertificate | undefined;
}

export function operatorCertificates(secret: KubeObject | undefined): OperatorCertificates {
  const data = secretData(secret);
  const read = (ca: string, certificate: string, key: string): ClientCertificate | undefined => {
    const [caText, certificateText, keyText] = [data.get(ca), data.get(certificate), data.get(key)];
    if (caText === undefined || certificateText === undefined || keyText === undefined) return undefined;
    return { ca: caText, certificate: certificateText, key: keyText };
  };
  return { client: read('ca.crt', 'tls.crt', 'tls.key'), peer: read('peer-ca.crt', 'peer.crt', 'peer.key') };
}

/** The list as the quorum has it, from the leader where it answers; undefined without a quorum. */
async function readMembership(
  view: ClusterView,
  talkers: readonly Talker[],
  probes: ReadonlyMap<number, MemberProbe>,
  deadlineMs: number,
): Promise<Membership | undefined> {
  const able = talkers.filter(({ ordinal }) => probes.get(ordinal)?.linearizable !== undefined);
  able.sort((a, b) => Number(leads(probes.get(b.ordinal))) - Number(leads(probes.get(a.ordinal))));
  for (const { client } of able) {
    const list = await client.members({ linearizable: true, deadlineMs }).catch(() => undefined);
    if (list && isOurs(view, list.clusterID)) return describe(view, list, probes);
  }
  return undefined;
}

/** A latched cluster is known by its ID. */
function isOurs({ identity }: ClusterView, clusterID: string | undefined): boolean {
  const latched = identity?.identity.clusterID;
  return latched === undefined || clusterID === undefined || latched === clusterID;
}

function ordinalsOf(view: ClusterView): (host: string) => number | undefined {
  const domain = view.accepted?.spec.clusterDomain ?? '';
  const hosts = new Map<string, number>();
  for (let ordinal = 0; ordinal < 64; ordinal++)
    hosts.set(memberHost({ name: view.name, namespace: view.namespace, domain }, ordinal), ordinal);
  return (host) => hosts.get(host);
}

const leads = (probe: MemberProbe | undefined): boolean =>
  probe?.status !== undefined && probe.status.leader === probe.status.memberID;

function describe(view: ClusterView, list: MemberList, probes: ReadonlyMap<number, MemberProbe>): Membership {
  const { byOrdinal, strangers } = membersByOrdinal(list.members, ordinalsOf(view));
  const answered = [...probes.values()].filter(
    ({ linearizable, status }) => linearizable && status?.clusterID === list.clusterID,
  );
  const newest = answered.reduce<MemberProbe | undefined>(
    (best, probe) => ((probe.status?.raftTerm ?? 0n) > (best?.status?.raftTerm ?? -1n) ? probe : best),
    undefined,
  );
  const leader = newest?.status?.leader;
  return {
    clusterID: list.clusterID,
    list,
    byOrdinal,
    strangers,
    voters: voters(list.members),
    learners: learners(list.members),
    healthy: new Set(answered.map(({ status }) => status?.memberID ?? '')),
    leader: leader === '' ? undefined : leader,
    agrees: listsAgree([list, ...[...probes.values()].flatMap(({ members }) => members ?? [])]),
  };
}
