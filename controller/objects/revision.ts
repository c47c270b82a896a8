import { createHash } from 'node:crypto';
import type { AcceptedSpec, EtcdCluster } from '../../api/index.js';
import type { KubeObject } from '../../kube/index.js';
import type { AcceptedRevision } from '../view.js';
import { objectMeta, type Owner } from './common.js';

export interface Revision {
  readonly revision: number;
  readonly spec: AcceptedSpec;
  /** Of the user's spec that was accepted. */
  readonly hash: string;
}

const hashAnnotation = 'quorate.dev/spec-hash';

const revisionName = (cluster: string, revision: number): string => `${cluster}-spec-${revision}`;

/** The accepted spec, latched: user's fields and every derived default as they were when it was accepted. */
export function revisionObject(owner: Owner, { revision, spec, hash }: Revision): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: objectMeta(owner, revisionName(owner.name, revision), { annotations: { [hashAnnotation]: hash } }),
    revision,
    data: { spec },
  };
}

export function readRevision(object: KubeObject): Revision | undefined {
  const revision = object['revision'];
  const data = object['data'] as { spec?: AcceptedSpec } | undefined;
  const hash = object.metadata.annotations?.[hashAnnotation];
  // A StatefulSet of the same name keeps ControllerRevisions too; they carry no spec hash.
  if (typeof revision !== 'number' || data?.spec === undefined || hash === undefined) return undefined;
  return { revision, spec: data.spec, hash };
}

export interface Latched {
  readonly accepted: AcceptedRevision;
  readonly object: KubeObject;
}

/** Every latched revision of the spec, oldest first. */
export function latched(owned: ReadonlyMap<string, KubeObject>): readonly Latched[] {
  const found = [...owned].flatMap(([key, object]) => {
    const revision = key.startsWith('controllerRevisions/') ? readRevision(object) : undefined;
    return revision ? [{ accepted: { ...revision, name: object.metadata.name }, object }] : [];
  });
  return found.sort((a, b) => a.accepted.revision - b.accepted.revision);
}

/** The name under which the spec is to be latched; undefined where it is. */
export function nextRevision(
  { metadata, spec }: EtcdCluster,
  owned: ReadonlyMap<string, KubeObject>,
): string | undefined {
  const newest = latched(owned).at(-1)?.accepted;
  return newest?.hash === specHash(spec) ? undefined : revisionName(metadata.name, (newest?.revision ?? 0) + 1);
}

/** Equal for equal JSON, whatever the order of keys. */
export function specHash(spec: unknown): string {
  return createHash('sha256').update(canonical(spec)).digest('hex').slice(0, 16);
}

export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
