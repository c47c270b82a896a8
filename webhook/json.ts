import { isUtf8 } from 'node:buffer';

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  /** `value` is there when the text was JSON, but not JSON that may be worked with. */
  | { readonly ok: false; readonly problem: string; readonly value?: unknown };

/** managedFields, the deepest part of a real review, reaches about 20. */
export const maxDepth = 64;
/** A review of 10 KB has some 500 values. */
export const maxValues = 100_000;

/**
 * JSON from a caller who may be anyone: no depth that could exhaust a recursive reader, and no key that turns into a
 * prototype when somebody later copies the object with an assignment.
 */
export function parseJson(body: Uint8Array): Parsed {
  if (body.length === 0) return { ok: false, problem: 'the body is empty' };
  if (!isUtf8(body)) return { ok: false, problem: 'the body is not UTF-8' };
  // Before the parser: a million arrays, nested or side by side, keep it busy for half a second.
  const excess = excessOf(body);
  if (excess !== undefined) return { ok: false, problem: excess };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the body.
    return { ok: false, problem: 'the body is not JSON' };
  }
  const key = suspects.some((suspect) => bytes.includes(suspect)) ? forbiddenKeyIn(value) : undefined;
  return key === undefined ? { ok: true, value } : { ok: false, problem: `the key ${key} is not allowed`, value };
}

// Without any of these no key can be forbidden, in plain letters or escaped, and most bodies have none of them.
const suspects = ['__proto__', 'prototype', '\\u'].map((text) => Buffer.from(text));

const [quote, backslash] = [0x22, 0x5c];
const [separates, opens, closes, quotes] = [1, 2, 3, 4];
/** What each byte means outside of strings: one look-up instead of six comparisons, for every byte of every review. */
const meaning = new Uint8Array(256);
for (const [character, what] of [
  [',', separates],
  ['[', opens],
  ['{', opens],
  [']', closes],
  ['}', closes],
  ['"', quotes],
] as const) {
  meaning[character.charCodeAt(0)] = what;
}

/** Exact for JSON; what is not JSON gets some answer, and the parser's refusal if not this one. */
function excessOf(body: Uint8Array): string | undefined {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < body.length; index++) {
    const what = meaning[body[index] as number];
    if (what === 0) continue;
    if (what === quotes) index = endOfString(body, index + 1);
    else if (what === closes) depth--;
    else {
      values++;
      if (what === opens && ++depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
    }
  }
  return values > maxValues ? `more than ${maxValues} values` : undefined;
}

function endOfString(body: Uint8Array, start: number): number {
  let index = start;
  while (index < body.length && body[index] !== quote) index += body[index] === backslash ? 2 : 1;
  return index;
}

/** The value is at most `maxDepth` deep, so this may recurse. */
function forbiddenKeyIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of Object.keys(value)) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    if (key === '__proto__') return key;
    if (key === 'constructor' && hasOwn(inner, 'prototype')) return 'constructor.prototype';
    const found = forbiddenKeyIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasOwn(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
