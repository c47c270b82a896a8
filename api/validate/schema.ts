/** The schema as ajv checks it, and ajv's errors in Kubernetes' words. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isObject } from '../json.js';
import type { Schema } from '../schema.js';
import { nearest } from './nearest.js';
import { kindOf, mostProblems, schemaBelow, type Problem } from './problem.js';

/** What ajv understands of a schema: bounds that shape() has enforced already, documentation and Kubernetes' own keywords are left out. */
function toAjv(schema: Schema): Record<string, unknown> {
  // Refused whatever it is: nobody is told to mend its type first.
  if (schema['x-reserved']) return {};
  const {
    type,
    enum: values,
    pattern,
    minLength,
    minItems,
    minimum,
    maximum,
    required,
    properties,
    items,
    additionalProperties,
  } = schema;
  const children =
    properties && Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, toAjv(child)]));
  const all = {
    type: schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : type,
    enum: values,
    pattern,
    minLength,
    minItems,
    minimum,
    maximum,
    required,
    properties: children,
    items: items && toAjv(items),
    additionalProperties: additionalProperties && toAjv(additionalProperties),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

export type Validate = (value: unknown, path: readonly (string | number)[]) => readonly Problem[];

/** Compiles once, on first use: some 20 ms that a process which never judges need not spend. */
export function validator(schema: Schema): Validate {
  let compiled: ValidateFunction | undefined;
  return (value, path) => {
    compiled ??= new Ajv({
      strict: true,
      allowUnionTypes: true,
      strictRequired: false,
      allErrors: true,
      verbose: true,
    }).compile(toAjv(schema));
    if (compiled(value)) return [];
    return few(compiled.errors ?? []).map((error) => translate(error, path));
  };
}

/** Of a hostile object's tens of thousands: as many as are told, and after them the first in each field of the root. */
function few(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const fields = new Map<string | undefined, ErrorObject>();
  for (const error of errors.slice(mostProblems)) {
    const [, field] = error.instancePath.split('/', 2);
    if (!fields.has(field)) fields.set(field, error);
  }
  return [...errors.slice(0, mostProblems), ...fields.values()];
}

/** "/a/0/b~1c" → ['a', 0, 'b/c'], an item where its parent is a list. */
function pathOf(pointer: string): readonly (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^(0|[1-9]\d{0,6})$/.test(step) ? Number(step) : step));
}

function translate(error: ErrorObject, prefix: readonly (string | number)[]): Problem {
  const path = [...prefix, ...pathOf(error.instancePath)];
  const value: unknown = error.data;
  switch (error.keyword) {
    case 'required':
      return {
        path: [...path, String(error.params['missingProperty'])],
        reason: 'FieldValueRequired',
        detail: 'must be given',
      };
    case 'type':
      return {
        path,
        reason: 'FieldValueTypeInvalid',
        value: kindOf(value),
        detail: `must be of type ${typeText(error.schema)}`,
      };
    case 'enum':
      return {
        path,
        reason: 'FieldValueNotSupported',
        value,
        detail: supported(value, error.schema as readonly string[]),
      };
    default: {
      const detail = bounds[error.keyword]?.(error.schema);
      if (detail === undefined) {
        return { path, reason: 'FieldValueInvalid', value: kindOf(value), detail: error.message ?? 'is not valid' };
      }
      return { path, reason: 'FieldValueInvalid', value: Array.isArray(value) ? value.length : value, detail };
    }
  }
}

/** What ajv's keywords ask for, in Kubernetes' words. */
const bounds: Readonly<Record<string, (bound: unknown) => string>> = {
  minimum: (least) => `must be greater than or equal to ${String(least)}`,
  maximum: (most) => `must be less than or equal to ${String(most)}`,
  pattern: (pattern) => `must match ${String(pattern)}`,
  minLength: () => 'must not be empty',
  minItems: (least) => `must have at least ${String(least)} item${least === 1 ? '' : 's'}`,
};

const typeText = (type: unknown): string => (Array.isArray(type) ? type.join(' or ') : String(type));

function supported(value: unknown, values: readonly string[]): string {
  const meant = typeof value === 'string' ? nearest(value, values) : undefined;
  return `supported values: ${values.map((item) => `"${item}"`).join(', ')}${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

/** The schema at a path, or undefined where the path leaves it. */
export function schemaAt(root: Schema, path: readonly (string | number)[]): Schema | undefined {
  return path.reduce<Schema | undefined>(schemaBelow, root);
}

/** The value without what lies at the paths: what is unsound is not shown to rules. */
export function without(value: unknown, path: readonly (string | number)[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    return typeof step === 'number'
      ? value.map((item: unknown, index) => (index === step ? without(item, rest) : item))
      : value;
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value;
  const inner = without(value[step], rest);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      key !== String(step) ? [[key, item]] : inner === undefined ? [] : [[key, inner]],
    ),
  );
}
