/** One operation of RFC 6902, of the three that are enough to turn one JSON value into another. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The operations that turn `before` into `after`; none when they are equal. Arrays are compared item by item, and grow
 * and shrink at the end: right for any two arrays, and shortest for what defaulting does to them.
 */
export function patchOf(before: unknown, after: unknown): PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(before, after, '', operations);
  return operations;
}

function compare(before: unknown, after: unknown, path: string, into: PatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) return compareItems(before, after, path, into);
  if (isFields(before) && isFields(after)) return compareFields(before, after, path, into);
  into.push({ op: 'replace', path, value: after });
}

type Fields = Readonly<Record<string, unknown>>;

function compareFields(before: Fields, after: Fields, path: string, into: PatchOperation[]): void {
  for (const key of Object.keys(before)) {
    const at = `${path}/${escaped(key)}`;
    if (Object.hasOwn(after, key) && after[key] !== undefined) compare(before[key], after[key], at, into);
    else into.push({ op: 'remove', path: at });
  }
  for (const key of Object.keys(after)) {
    if (after[key] === undefined || Object.hasOwn(before, key)) continue;
    into.push({ op: 'add', path: `${path}/${escaped(key)}`, value: after[key] });
  }
}

function compareItems(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  into: PatchOperation[],
): void {
  const shared = Math.min(before.length, after.length);
  for (let index = 0; index < shared; index++) compare(before[index], after[index], `${path}/${index}`, into);
  // From the end: each removal moves the items behind it.
  for (let index = before.length - 1; index >= shared; index--) into.push({ op: 'remove', path: `${path}/${index}` });
  for (let index = shared; index < after.length; index++) {
    into.push({ op: 'add', path: `${path}/${index}`, value: after[index] });
  }
}

/** JSON Pointer (RFC 6901): "~" first, or the "~" of "~1" would be escaped again. */
function escaped(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
