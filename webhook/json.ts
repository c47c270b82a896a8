import { isUtf8 } from 'node:buffer';

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  /** `value` is there when the text was JSON, but not JSON that may be worked with. */
  | { readonly ok: false; readonly problem: string; readonly value?: unknown };

/** managedFields, the deepest part of a real review, reaches about 20. */
export const maxDepth = 64;

/**
 * JSON from a caller who may be anyone: no depth that could exhaust a recursive reader, and no key that turns into a
 * prototype when somebody later copies the object with an assignment.
 */
export function parseJson(body: Uint8Array): Parsed {
  if (body.length === 0) return { ok: false, problem: 'the body is empty' };
  if (!isUtf8(body)) return { ok: false, problem: 'the body is not UTF-8' };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    // The parser's own message quotes the body.
    return { ok: false, problem: 'the body is not JSON' };
  }
  const problem = flawOf(value);
  return problem === undefined ? { ok: true, value } : { ok: false, problem, value };
}

/** Level by level, not by recursion: a body of 3 MB can nest a million times. */
function flawOf(root: unknown): string | undefined {
  let level: object[] = isObject(root) ? [root] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
    const next: object[] = [];
    for (const node of level) {
      const key = Array.isArray(node) ? collectItems(node, next) : collectFields(node as Fields, next);
      if (key !== undefined) return `the key ${key} is not allowed`;
    }
    level = next;
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function collectItems(items: readonly unknown[], into: object[]): undefined {
  for (const item of items) if (isObject(item)) into.push(item);
}

function collectFields(fields: Fields, into: object[]): string | undefined {
  for (const key in fields) {
    if (key === '__proto__') return key;
    const value = fields[key];
    if (!isObject(value)) continue;
    if (key === 'constructor' && Object.hasOwn(value, 'prototype')) return 'constructor.prototype';
    into.push(value);
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
