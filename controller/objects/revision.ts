import { createHash } from 'node:crypto';
import type { AcceptedSpec } from '../../api/index.js';
import type { KubeObject } from '../../kube/index.js';
import { objectMeta, type Owner } from './common.js';

export interface Revision {
  readonly revision: number;
  readonly spec: AcceptedSpec;
  /** Of the user's spec that was accepted. */
  readonly hash: string;
}

const hashAnnotation = 'quorate.dev/spec-hash';

/** The accepted spec, latched: user's fields and every derived default as they were when it was accepted. */
export function revisionObject(owner: Owner, { revision, spec, hash }: Revision): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: objectMeta(owner, `${owner.name}-spec-${revision}`, { annotations: { [hashAnnotation]: hash } }),
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
