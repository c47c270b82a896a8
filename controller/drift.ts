/** Whether an object of ours still is what it was applied as. */
import { createHash } from 'node:crypto';
import { parseQuantity } from '../api/quantity.js';
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
  if (Array.isArray(desired)) return arrayDifference(desired, found, path);
  if (desired !== null && typeof desired === 'object') return objectDifference(desired, found, path);
  return isSame(desired, found) ? undefined : path;
}

function arrayDifference(desired: readonly unknown[], found: unknown, path: string): string | undefined {
  // As for empty objects: an empty list comes back as none at all.
  if (desired.length === 0 && found === undefined) return undefined;
  if (!Array.isArray(found) || found.length !== desired.length) return path;
  for (const [index, each] of desired.entries()) {
    const inner = difference(each, found[index], `${path}[${index}]`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function objectDifference(desired: object, found: unknown, path: string): string | undefined {
  // The API server drops empty objects in places and keeps them in others.
  if (found === undefined && Object.keys(desired).length === 0) return undefined;
  if (found === null || typeof found !== 'object' || Array.isArray(found)) return path || '.';
  for (const [key, value] of Object.entries(desired)) {
    if (value === undefined) continue;
    const inner = difference(value, (found as Record<string, unknown>)[key], `${path}.${key}`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function isSame(desired: unknown, found: unknown): boolean {
  if (desired === found) return true;
  if (desired === '' && found === undefined) return true;
  if (typeof desired !== 'string' && typeof desired !== 'number') return false;
  // The API server writes quantities in its own canonical form ("1024Mi" comes back as "1Gi").
  const [a, b] = [quantity(desired), quantity(found)];
  return a !== undefined && a === b;
}

function quantity(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return parseQuantity(String(value))?.toString();
}
