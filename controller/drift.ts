/** Whether an object of ours still is what it was applied as. */
import { createHash } from 'node:crypto';
import { isObject } from '../api/json.js';
import { parseMilli } from '../api/quantity.js';
import type { KubeObject } from '../kube/index.js';
import { canonical } from './objects/revision.js';

const appliedHash = 'quorate.dev/applied';

/** With the hash of its own content as an annotation: tells a newer wish from an older one, also where a field was taken out. */
export function withAppliedHash(object: KubeObject): KubeObject {
  const hash = createHash('sha256').update(canonical(object)).digest('hex').slice(0, 16);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [appliedHash]: hash } },
  };
}

/** What was asked for last is what is asked for now: where the content differs all the same, someone else changed it. */
export const isSameWish = (desired: KubeObject, found: KubeObject): boolean =>
  found.metadata.annotations?.[appliedHash] === desired.metadata.annotations?.[appliedHash];

/** The path of the first field in which `found` does not hold what `desired` asks for; undefined when it holds it all. */
export function difference(desired: unknown, found: unknown, path = ''): string | undefined {
  // Null asks for absence. The API server drops empty lists and objects in places and keeps them in others: one that it dropped would be put
  // back for ever.
  if (found === undefined && isEmpty(desired)) return undefined;
  if (Array.isArray(desired)) return listDifference(desired, found, path);
  if (desired !== null && typeof desired === 'object') return objectDifference(desired, found, path);
  return isSame(desired, found, path) ? undefined : path;
}

const isEmpty = (value: unknown): boolean =>
  value === '' || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function listDifference(desired: readonly unknown[], found: unknown, path: string): string | undefined {
  if (!Array.isArray(found) || found.length !== desired.length) return path;
  for (const [index, each] of desired.entries()) {
    const inner = difference(each, found[index], `${path}[${index}]`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function objectDifference(desired: object, found: unknown, path: string): string | undefined {
  if (!isObject(found)) return path || '.';
  for (const [key, value] of Object.entries(desired)) {
    if (value === undefined) continue;
    const inner = difference(value, found[key], `${path}.${key}`);
    if (inner !== undefined) return inner;
  }
  const [foreign] = foreignKeys(desired, found, path);
  return foreign === undefined ? undefined : `${path}.${foreign}`;
}

// One key more, and a Service or a disruption budget selects nothing. Elsewhere the API server and other managers add keys of their own.
const exactPath = /^\.spec\.selector\b/;

const foreignKeys = (desired: object, found: object, path: string): readonly string[] =>
  exactPath.test(path) ? Object.keys(found).filter((key) => !Object.hasOwn(desired, key)) : [];

/** The merge patch that makes `found` what is desired: it leaves alone what it does not name, so foreign keys are named with null. */
export function mergePatchOf(desired: unknown, found: unknown, path = ''): unknown {
  if (!isObject(desired) || !isObject(found)) return desired;
  return Object.fromEntries([
    ...foreignKeys(desired, found, path).map((key) => [key, null] as const),
    ...Object.entries(desired).map(([key, value]) => [key, mergePatchOf(value, found[key], `${path}.${key}`)] as const),
  ]);
}

const quantityPath = /\.resources\.(limits|requests)\./;

function isSame(desired: unknown, found: unknown, path: string): boolean {
  if (desired === found) return true;
  if (!quantityPath.test(path)) return false;
  // The API server writes quantities in its own canonical form ("1024Mi" comes back as "1Gi", 0.5 as "500m").
  const [a, b] = [quantity(desired), quantity(found)];
  return a !== undefined && a === b;
}

function quantity(value: unknown): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseMilli(value) : undefined;
}
