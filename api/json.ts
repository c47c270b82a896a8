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
  let inner = value;
  for (const key of path) inner = own(inner, key);
  return inner;
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
  for (const key of Object.keys(a)) if (!equal(a[key], own(b, key), depth)) return false;
  for (const key of Object.keys(b)) if (!Object.hasOwn(a, key) && b[key] != null) return false;
  return true;
}

/** No object of ours has anywhere near as many fields; one that does is refused unread, because each look at it would cost. */
export const mostFields = 1000;
export const hasTooManyFields = (value: JsonObject): boolean => Object.keys(value).length > mostFields;
