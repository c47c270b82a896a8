import type { CauseReason } from '../judgement.js';
import type { Schema } from '../schema.js';

/** What the schema refuses, before it is compared with the stored object. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly reason: CauseReason;
  readonly value?: unknown;
  readonly detail: string;
}

/** More than this is of no use to a reader, and a hostile object could ask for millions. */
export const mostProblems = 64;

/** The schema one step down; undefined where the step leaves it. */
export function schemaBelow(schema: Schema | undefined, step: string | number): Schema | undefined {
  if (schema?.items) return schema.items;
  return schema?.properties?.[step] ?? schema?.additionalProperties;
}

/** "spec.storage.size", "spec.tolerations[0].key", "spec.labels[a/b]": properties with dots, items and keys of maps in brackets. */
export function fieldOf(root: Schema, path: readonly (string | number)[]): string {
  let schema: Schema | undefined = root;
  let field = '';
  for (const step of path) {
    const bracketed: boolean = schema?.items !== undefined || schema?.additionalProperties !== undefined;
    field += bracketed ? `[${step}]` : `.${step}`;
    schema = schemaBelow(schema, step);
  }
  return field.replace(/^[.]/, '');
}

const longestShown = 64;

/** A value as Kubernetes shows it, cut short where someone sent a novel. */
export function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? `"${kindOf(value)}"` : JSON.stringify(value);
  const whole = text ?? 'null';
  return whole.length <= longestShown ? whole : `${whole.slice(0, longestShown)}…"`;
}

export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The words that Kubernetes puts before a detail (k8s.io/apimachinery field.Error.ErrorBody). */
export function worded(reason: CauseReason, value: unknown, detail: string): string {
  switch (reason) {
    case 'FieldValueRequired':
      return `Required value: ${detail}`;
    case 'FieldValueForbidden':
      return `Forbidden: ${detail}`;
    case 'FieldValueNotSupported':
      return `Unsupported value: ${shown(value)}: ${detail}`;
    case 'FieldValueDuplicate':
      return `Duplicate value: ${shown(value)}`;
    case 'FieldValueTooLong':
      return `Too long: ${detail}`;
    case 'FieldValueTooMany':
      return `Too many: ${shown(value)}: ${detail}`;
    case 'FieldValueInvalid':
    case 'FieldValueTypeInvalid':
      return `Invalid value: ${shown(value)}: ${detail}`;
  }
}
