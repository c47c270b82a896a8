/**
 * The first look at an object from anywhere: what the schema does not know, and what is longer than it allows, is named and left out.
 * Every later step therefore works on a value whose size and depth our own schema bounds, whatever was sent.
 */
import { isObject, mostFields, own, type JsonObject } from '../json.js';
import type { Schema } from '../schema.js';
import { nearest } from './nearest.js';
import { mostProblems, type Problem } from './problem.js';

export interface Shaped {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

export function shape(schema: Schema, value: unknown, path: readonly (string | number)[]): Shaped {
  const trimmer = new Trimmer(path);
  return { value: trimmer.trim(schema, value), problems: trimmer.problems };
}

/** Walks value and schema together; where nothing is left out, the value itself comes back and nothing is copied. */
class Trimmer {
  readonly problems: Problem[] = [];
  private readonly path: (string | number)[];

  constructor(path: readonly (string | number)[]) {
    this.path = [...path];
  }

  trim(schema: Schema, value: unknown): unknown {
    if (typeof value === 'string') return this.text(schema, value);
    if (Array.isArray(value)) return schema.items ? this.list(schema, schema.items, value) : value;
    return isObject(value) ? this.object(schema, value) : value;
  }

  private object(schema: Schema, value: JsonObject): JsonObject | undefined {
    const keys = Object.keys(value);
    if (keys.length > mostFields) {
      const detail = `must have at most ${mostFields} fields`;
      return this.refuse({ reason: 'FieldValueTooMany', value: `more than ${mostFields}`, detail });
    }
    const most = schema.maxProperties ?? Infinity;
    if (keys.length > most) return this.tooMany(keys.length, most);
    return schema.properties || schema.additionalProperties ? this.fields(schema, value, keys) : value;
  }

  private refuse(problem: Omit<Problem, 'path'>): undefined {
    if (this.problems.length < mostProblems) this.problems.push({ ...problem, path: [...this.path] });
    return undefined;
  }

  private below(step: string | number, schema: Schema, value: unknown): unknown {
    this.path.push(step);
    const trimmed = this.trim(schema, value);
    this.path.pop();
    return trimmed;
  }

  private text(schema: Schema, value: string): string | undefined {
    const most = schema.maxLength ?? (schema.enum || schema.format === 'date-time' ? 64 : Infinity);
    // The API server counts characters, of which some are two of JavaScript's units.
    if (value.length <= most || (value.length <= 2 * most && [...value].length <= most)) return value;
    // Forbidden at any length.
    if (schema['x-reserved']) return value;
    return this.refuse({ reason: 'FieldValueTooLong', detail: `may not be more than ${most} bytes` });
  }

  private list(schema: Schema, items: Schema, value: readonly unknown[]): unknown {
    const most = schema.maxItems ?? Infinity;
    if (value.length > most) return this.tooMany(value.length, most);
    if (schema['x-kubernetes-list-type'] !== 'atomic') this.doubles(schema['x-kubernetes-list-map-keys'], value);
    const trimmed = value.map((item, index) => this.below(index, items, item));
    return trimmed.every((item, index) => item === value[index]) ? value : trimmed;
  }

  private tooMany(count: number, most: number): undefined {
    return this.refuse({ reason: 'FieldValueTooMany', value: count, detail: `must have at most ${most} items` });
  }

  /** Items of a set, and of a map by their keys, are each there once. What is no text is refused for its type. */
  private doubles(keys: readonly string[] | undefined, value: readonly unknown[]): void {
    const word = (item: unknown) => (typeof item === 'string' ? item : '');
    const seen = new Set<string>(['']);
    for (const [index, item] of value.entries()) {
      const identity = keys ? keys.map((key) => word(own(item, key))).join('\0') : word(item);
      this.path.push(index);
      if (seen.has(identity) && identity !== '')
        this.refuse({ reason: 'FieldValueDuplicate', value: item, detail: '' });
      this.path.pop();
      seen.add(identity);
    }
  }

  private fields(schema: Schema, value: JsonObject, keys: readonly string[]): JsonObject {
    let copy: Record<string, unknown> | undefined;
    for (const key of keys) {
      const field = this.field(schema, key, value[key]);
      if (field === value[key]) continue;
      copy ??= { ...value };
      // Not by assignment: a key named __proto__ is a key like any other.
      if (field === undefined) delete copy[key];
      else Object.defineProperty(copy, key, { value: field, enumerable: true, writable: true, configurable: true });
    }
    return copy ?? value;
  }

  private field(schema: Schema, key: string, value: unknown): unknown {
    const { properties, additionalProperties } = schema;
    if (additionalProperties) return this.below(key, additionalProperties, value);
    const known = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!known) return this.unknown(key, properties ?? {});
    return value === null ? undefined : this.below(key, known, value);
  }

  private unknown(key: string, properties: Readonly<Record<string, Schema>>): undefined {
    if (this.problems.length >= mostProblems) return undefined;
    const meant = nearest(key, Object.keys(properties));
    this.path.push(key.length > 64 ? `${key.slice(0, 64)}…` : key);
    this.refuse({
      reason: 'FieldValueForbidden',
      detail: `unknown field${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    });
    this.path.pop();
    return undefined;
  }
}
