import type { PatchOperation } from '../../../../webhook/patch.js';

type Container = Record<string, unknown> | unknown[];

/** RFC 6902, written from its text and apart from the emitter it judges. Throws where the RFC says that applying fails. */
export function applyPatch(document: unknown, patch: readonly PatchOperation[]): unknown {
  const holder: Record<string, unknown> = { root: structuredClone(document) };
  for (const operation of patch) {
    const steps = ['root', ...stepsOf(operation.path)];
    const key = steps.pop() ?? '';
    const parent = steps.reduce<unknown>((value, step) => existing(value, step), holder) as Container;
    if (operation.op === 'remove') remove(parent, key);
    else if (operation.op === 'replace') replace(parent, key, operation.value);
    else add(parent, key, operation.value);
  }
  return holder.root;
}

function stepsOf(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new Error(`not a JSON pointer: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function existing(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) throw new Error(`nothing at ${step}`);
  return (value as Record<string, unknown>)[step];
}

function add(parent: Container, key: string, value: unknown): void {
  if (!Array.isArray(parent)) parent[key] = value;
  else if (Number(key) <= parent.length) parent.splice(Number(key), 0, value);
  else throw new Error(`index ${key} is out of range`);
}

function replace(parent: Container, key: string, value: unknown): void {
  existing(parent, key);
  (parent as Record<string, unknown>)[key] = value;
}

function remove(parent: Container, key: string): void {
  existing(parent, key);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}
