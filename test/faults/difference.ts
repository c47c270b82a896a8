import type { Json } from './normalise.js';

export interface Difference {
  /** Like `objects.Service/orders-client.spec.selector`. */
  readonly path: string;
  /** Absent where there is nothing. */
  readonly expected?: Json;
  readonly actual?: Json;
}

/** Where two values differ, deepest first met; an empty list means that they are equal. */
export function differences(expected: Json, actual: Json, path = ''): Difference[] {
  if (isObject(expected) && isObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
    return keys.flatMap((key) => inner(expected[key], actual[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const [left, right] = [expected as readonly Json[], actual as readonly Json[]];
    const length = Math.max(left.length, right.length);
    return Array.from({ length }, (_, index) => inner(left[index], right[index], `${path}[${index}]`)).flat();
  }
  return expected === actual ? [] : [{ path, expected, actual }];
}

function inner(expected: Json | undefined, actual: Json | undefined, path: string): Difference[] {
  if (expected === undefined && actual === undefined) return [];
  if (expected === undefined) return actual === undefined ? [] : [{ path, actual }];
  if (actual === undefined) return [{ path, expected }];
  return differences(expected, actual, path);
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** One line a difference. */
export function told({ path, expected, actual }: Difference): string {
  const show = (value: Json | undefined): string =>
    value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300);
  return `${path}: without the fault ${show(expected)}, with it ${show(actual)}`;
}
