import { readdirSync } from 'node:fs';
import { listObjects, kubectl, type Place } from '../support/place.js';
import type { PodRunner } from '../support/pod-runner.js';
import type { Intact } from '../support/writer.js';
import { normalise, type Json } from './normalise.js';

const kinds = [
  'etcdclusters',
  'statefulsets',
  'controllerrevisions',
  'services',
  'configmaps',
  'secrets',
  'poddisruptionbudgets',
  'persistentvolumeclaims',
  'pods',
  'jobs',
  'serviceaccounts',
];

interface Found {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly nodeName?: string };
  readonly status?: PodStatus;
}

interface PodStatus {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly started?: boolean;
  }[];
}

export interface World {
  readonly place: Place;
  readonly runner: PodRunner;
  readonly namespace: string;
}

/** Everything that the end of a workflow is judged by, normalised: all objects of the namespace, volumes, disks, membership. */
export async function snapshot({ place, runner, namespace }: World, { membership }: Intact): Promise<Json> {
  const found = (await Promise.all(kinds.map((kind) => listObjects<Found>(place, kind, namespace)))).flat();
  const objects = found
    .filter(isOfInterest)
    .map((object) => [`${object.kind}/${object.metadata.name}`, saying(object)] as const);
  const claims = found.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
  const world = {
    objects: Object.fromEntries(objects) as Json,
    volumes: await volumesOf(place, namespace),
    disks: Object.fromEntries(await Promise.all(claims.map((claim) => disk(runner, namespace, claim)))) as Json,
    cluster: membership.cluster,
    members: membership.members as unknown as Json,
  };
  return normalise(world, namespace);
}

/** Kubernetes' own bookkeeping has names of chance. */
function isOfInterest({ kind, metadata }: Found): boolean {
  if (metadata.name === 'kube-root-ca.crt') return false;
  return kind !== 'ControllerRevision' || metadata.ownerReferences?.[0]?.kind !== 'StatefulSet';
}

/** Of a Secret its keys, of a pod what it is and whether it serves: the rest follows from its template, or from when it was started. */
function saying(object: Found): Json {
  if (object.kind === 'Secret') {
    const { data, ...rest } = object;
    return { ...(rest as unknown as Record<string, Json>), data: Object.keys(data ?? {}).sort() };
  }
  if (object.kind !== 'Pod') return object as unknown as Json;
  const { labels = {}, annotations = {}, ownerReferences = [] } = object.metadata;
  const { phase = '', conditions = [], containerStatuses = [] } = object.status ?? {};
  return {
    metadata: { labels, annotations, ownerReferences: ownerReferences.map(({ kind }) => kind) },
    node: object.spec?.nodeName ?? '',
    phase,
    conditions: Object.fromEntries(conditions.map(({ type, status }) => [type, status])),
    containers: containerStatuses.map(({ name, ready, started }) => ({ name, ready, started: started === true })),
  };
}

interface Volume {
  readonly spec: { readonly claimRef?: { readonly namespace: string; readonly name: string } };
  readonly status: { readonly phase: string };
}

async function volumesOf(place: Place, namespace: string): Promise<Json> {
  const { items } = JSON.parse(await kubectl(place, ['get', 'persistentvolumes', '-o', 'json'])) as { items: Volume[] };
  const ours = items.filter(({ spec }) => spec.claimRef?.namespace === namespace);
  return ours.map(({ spec, status }) => `${spec.claimRef?.name} ${status.phase}`).sort();
}

/** The data directories on a disk: one a birth. */
async function disk(runner: PodRunner, namespace: string, claim: string): Promise<[string, Json]> {
  const folder = await runner.disk({ namespace, name: claim.replace(/^data-/, '') });
  return [claim, readdirSync(folder).sort()];
}
