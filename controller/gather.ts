/** Reading one cluster's objects: from the caches for every pass, and past them, from the API server, before a step is taken. */
import { labels, names } from '../api/names.js';
import type { EtcdCluster } from '../api/index.js';
import { resources, type ApiClient, type KubeObject, type Reflector, type Resource } from '../kube/index.js';
import { ownedBy } from './objects/common.js';
import { nextRevision } from './objects/revision.js';
import type { ResourceName } from './step.js';

export interface ClusterRef {
  readonly namespace: string;
  readonly name: string;
}

/** Everything of one cluster at (nearly) one moment. */
export interface Gathered {
  readonly cluster: EtcdCluster;
  /** By "plural/name" of ours or not; without pods and volume claims. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly pods: readonly KubeObject[];
  readonly claims: readonly KubeObject[];
}

export type Gather = (ref: ClusterRef) => Promise<Gathered | undefined>;

/** Kinds of owned objects that are kept by name. */
export const ownedKinds = [
  'statefulSets',
  'services',
  'configMaps',
  'secrets',
  'podDisruptionBudgets',
  'controllerRevisions',
] as const satisfies readonly ResourceName[];

export type Caches = Readonly<Record<ResourceName, Reflector>>;

/** From the reflectors. Only labelled objects are there: a foreign one of our name shows in the fresh reading alone. */
export function fromCaches(caches: Caches): Gather {
  return async ({ namespace, name }) => {
    const cluster = caches.etcdClusters.store.get(namespace, name) as EtcdCluster | undefined;
    if (!cluster) return undefined;
    const objects = new Map<string, KubeObject>();
    for (const kind of ownedKinds) {
      for (const object of caches[kind].store.byCluster(namespace, name))
        objects.set(`${kind}/${object.metadata.name}`, object);
    }
    return {
      cluster,
      objects,
      pods: caches.pods.store.byCluster(namespace, name),
      claims: caches.persistentVolumeClaims.store.byCluster(namespace, name),
    };
  };
}

/** From the API server: what steps rest on. Volume claims are read without a selector, because a former one may have lost its label. */
export function fromServer(client: ApiClient): Gather {
  return async ({ namespace, name }) => {
    const cluster = (await client.get(resources.etcdClusters, { namespace, name })) as unknown as
      EtcdCluster | undefined;
    if (!cluster) return undefined;
    const labelSelector = `${labels.cluster}=${name}`;
    const list = async (resource: Resource, selector?: string): Promise<readonly KubeObject[]> =>
      (await client.list(resource, { namespace, ...(selector !== undefined && { labelSelector: selector }) })).items;
    const [pods, claims, ...lists] = await Promise.all([
      list(resources.pods, labelSelector),
      list(resources.persistentVolumeClaims),
      ...ownedKinds.map((kind) => list(resources[kind], labelSelector)),
    ]);
    const objects = new Map<string, KubeObject>();
    for (const [index, kind] of ownedKinds.entries()) {
      for (const object of lists[index] ?? []) objects.set(`${kind}/${object.metadata.name}`, object);
    }
    await Promise.all([addUnlabelled(client, { namespace, name }, objects), addNextRevision(client, cluster, objects)]);
    return { cluster, objects, pods, claims };
  };
}

/** Objects of our names without our label: foreign ones, or ours whose label someone took. */
async function addUnlabelled(
  client: ApiClient,
  { namespace, name }: ClusterRef,
  objects: Map<string, KubeObject>,
): Promise<void> {
  const missing = ownNames(name).filter(([kind, each]) => !objects.has(`${kind}/${each}`));
  await Promise.all(
    missing.map(async ([kind, each]) => {
      const object = await client.get(resources[kind], { namespace, name: each });
      if (object) objects.set(`${kind}/${each}`, object);
    }),
  );
}

/**
 * Whoever has the name of the next revision keeps the spec from being latched. Only once that is to be done: the caches do not show it, so
 * it would stall some passes and not others.
 */
async function addNextRevision(
  client: ApiClient,
  cluster: EtcdCluster,
  objects: Map<string, KubeObject>,
): Promise<void> {
  const { namespace, uid } = cluster.metadata;
  const name = nextRevision(cluster, ownedBy(uid, objects));
  if (name === undefined || objects.has(`controllerRevisions/${name}`)) return;
  const object = await client.get(resources.controllerRevisions, { namespace, name });
  if (!object) return;
  objects.set(`controllerRevisions/${name}`, object);
  // One of ours that lost its label counts, and the next is another.
  await addNextRevision(client, cluster, objects);
}

export const ownNames = (cluster: string): readonly (readonly [(typeof ownedKinds)[number], string])[] => [
  ['statefulSets', names.statefulSet(cluster)],
  ['services', names.peerService(cluster)],
  ['services', names.clientService(cluster)],
  ['configMaps', names.members(cluster)],
  ['podDisruptionBudgets', names.disruptionBudget(cluster)],
  ['secrets', names.peerAuthority(cluster)],
  ['secrets', names.clientAuthority(cluster)],
  ['secrets', names.peerCertificate(cluster)],
  ['secrets', names.serverCertificate(cluster)],
  ['secrets', names.operatorCertificate(cluster)],
  ['secrets', names.clientCertificate(cluster)],
];
