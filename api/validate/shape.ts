/**
 * The first look at an object from anywhere: what the schema does not know, and what is longer than it allows, is named and left out.
 * Every later step therefore works on a value whose size and depth our own schema bounds, whatever was sent.
 */
import { hasTooManyFields, isObject, mostFields, own, type JsonObject } from '../json.js';
import type { Schema } from '../schema.js';
import { nearest } from './nearest.js';
import { mostProblems, type Problem } from './problem.js';

export interface Shaped {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

type Path = readonly (string | number)[];

export function shape(schema: Schema, value: unknown, path: Path): Shaped {
  const problems: Problem[] = [];
  return { value: trim(schema, value, path, problems), problems };
}

function report(problems: Problem[], problem: Problem): undefined {
  if (problems.length < mostProblems) problems.push(problem);
  return undefined;
}

function trim(schema: Schema, value: unknown, path: Path, problems: Problem[]): unknown {
  if (typeof value === 'string') return trimText(schema, value, path, problems);
  if (Array.isArray(value) && schema.items) return trimList(schema, schema.items, value, path, problems);
  if (!isObject(value)) return value;
  if (hasTooManyFields(value)) return tooManyFields(path, problems);
  if (schema.additionalProperties) return trimMap(schema, schema.additionalProperties, value, path, problems);
  return schema.properties ? trimObject(schema.properties, value, path, problems) : value;
}

const tooManyFields = (path: Path, problems: Problem[]): undefined =>
  report(problems, {
    path,
    reason: 'FieldValueTooMany',
    value: `more than ${mostFields}`,
    detail: `must have at most ${mostFields} fields`,
  });

function trimText(schema: Schema, value: string, path: Path, problems: Problem[]): string | undefined {
  const most = schema.maxLength ?? (schema.enum || schema.format === 'date-time' ? 64 : Infinity);
  if (value.length <= most) return value;
  return report(problems, { path, reason: 'FieldValueTooLong', detail: `may not be more than ${most} bytes` });
}

// eslint-disable-next-line max-params -- the walk carries its place and its findings
function trimList(schema: Schema, items: Schema, value: readonly unknown[], path: Path, problems: Problem[]): unknown {
  const most = schema.maxItems ?? Infinity;
  if (value.length > most) {
    const detail = `must have at most ${most} items`;
    return report(problems, { path, reason: 'FieldValueTooMany', value: value.length, detail });
  }
  reportDuplicates(schema, value, path, problems);
  return value.map((item, index) => trim(items, item, [...path, index], problems));
}

/** Items of a set, and of a map by their keys, are each there once. */

function reportDuplicates(schema: Schema, value: readonly unknown[], path: Path, problems: Problem[]): void {
  if (schema['x-kubernetes-list-type'] === 'atomic') return;
  const keys = schema['x-kubernetes-list-map-keys'];
  const identity = (item: unknown): unknown => (keys ? JSON.stringify(keys.map((key) => own(item, key))) : item);
  const seen = new Set<unknown>();
  for (const [index, item] of value.entries()) {
    const known = identity(item);
    if (seen.has(known))
      report(problems, { path: [...path, index], reason: 'FieldValueDuplicate', value: item, detail: '' });
    seen.add(known);
  }
}

// eslint-disable-next-line max-params -- the walk carries its place and its findings
function trimMap(schema: Schema, each: Schema, value: JsonObject, path: Path, problems: Problem[]): unknown {
  const entries = Object.entries(value);
  const most = schema.maxProperties ?? Infinity;
  if (entries.length > most) {
    const detail = `must have at most ${most} items`;
    return report(problems, { path, reason: 'FieldValueTooMany', value: entries.length, detail });
  }
  return rebuilt(entries.map(([key, item]) => [key, trim(each, item, [...path, key], problems)]));
}

function trimObject(
  properties: Readonly<Record<string, Schema>>,
  value: JsonObject,
  path: Path,
  problems: Problem[],
): unknown {
  const known: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (schema) known.push([key, item === null ? undefined : trim(schema, item, [...path, key], problems)]);
    else if (problems.length < mostProblems) problems.push(unknownField(key, Object.keys(properties), path));
  }
  return rebuilt(known);
}

function unknownField(key: string, known: readonly string[], path: Path): Problem {
  const meant = nearest(key, known);
  const name = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  const detail = `unknown field${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  return { path: [...path, name], reason: 'FieldValueForbidden', detail };
}

/** An object of these entries, absent values left out; a key named __proto__ is a key like any other. */
function rebuilt(entries: readonly (readonly [string, unknown])[]): JsonObject {
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
