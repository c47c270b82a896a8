/** Small tools over plain JSON from anywhere: none of them throws, and none follows a value deeper than any schema of ours goes. */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property; null counts as absent, as the API server prunes it from fields that are not nullable. */
export function own(value: unknown, key: string): unknown {
  if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
  return value[key] ?? undefined;
}

/** The value at a path of property names, or undefined where any step is missing. */
export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => own(inner, key), value);
}

/** A copy with the property set (or removed, when undefined); the same object when nothing changes. */
export function put(value: JsonObject, key: string, next: unknown): JsonObject {
  if (Object.hasOwn(value, key) ? value[key] === next && next !== undefined : next === undefined) return value;
  const copy: Record<string, unknown> = { ...value };
  if (next === undefined) delete copy[key];
  else Object.defineProperty(copy, key, { value: next, enumerable: true, writable: true, configurable: true });
  return copy;
}

/** A copy with the value at the path set; missing objects on the way are made, anything else in the way is left alone. */
export function putAt(value: JsonObject, path: readonly string[], next: unknown): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (rest.length === 0) return put(value, key, next);
  const inner = own(value, key) ?? {};
  if (!isObject(inner)) return value;
  return put(value, key, putAt(inner, rest, next));
}

const deepest = 64;

/** Structural equality of JSON; absent, undefined and null properties are the same. Values nested deeper than 64 count as different. */
export function equal(a: unknown, b: unknown, depth = 0): boolean {
  if (Object.is(a ?? undefined, b ?? undefined)) return true;
  if (depth > deepest) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b, depth + 1);
  return isObject(a) && isObject(b) && equalProperties(a, b, depth + 1);
}

const equalItems = (a: readonly unknown[], b: readonly unknown[], depth: number): boolean =>
  a.length === b.length && a.every((item, index) => equal(item, b[index], depth));

function equalProperties(a: JsonObject, b: JsonObject, depth: number): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal(own(a, key), own(b, key), depth));
}
