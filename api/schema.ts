/**
 * The form in which Quorate's kinds are written down once: a structural OpenAPI v3 schema as a plain value, with three marks of our
 * own. Static types, the CRD, the ajv validator and the API reference are all rendered from it (tools/generate).
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  /** Names the static type; a schema without one is written inline. */
  readonly title?: string;
  readonly description?: string;
  /** A static default: given by the API server itself. Only where nothing is derived from it and no later version may change it. */
  readonly default?: Json;
  readonly enum?: readonly string[];
  readonly format?: 'int32' | 'int64' | 'date-time';
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** Ours: filled by setDefaults and latched, so present in every accepted spec; the text says with what. */
  readonly 'x-derived'?: string;
  /** Ours: filled by setDefaults under a condition only, so it may be absent from an accepted spec. */
  readonly 'x-derived-when'?: string;
  /** Ours: what a pattern asks for, in words; the webhook says this instead of the pattern. */
  readonly 'x-hint'?: string;
  /** Ours: a name that exists only so that its refusal can say why; absent from the static types. */
  readonly 'x-reserved'?: true;
}

type Bounds = Omit<Schema, 'type' | 'description' | 'properties' | 'items'>;

export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  more: Bounds = {},
): Schema => ({ type: 'object', description, ...more, properties });

export const text = (description: string, maxLength: number, more: Bounds = {}): Schema => ({
  type: 'string',
  description,
  maxLength,
  ...more,
});

export const oneOf = (description: string, values: readonly string[], more: Bounds = {}): Schema => ({
  type: 'string',
  description,
  enum: values,
  ...more,
});

export const integer = (description: string, bounds: readonly [number, number], more: Bounds = {}): Schema => ({
  type: 'integer',
  format: bounds[1] > 2147483647 ? 'int64' : 'int32',
  description,
  minimum: bounds[0],
  maximum: bounds[1],
  ...more,
});

export const flag = (description: string, more: Bounds = {}): Schema => ({ type: 'boolean', description, ...more });

/** A list replaced as a whole. */
export const list = (description: string, maxItems: number, items: Schema, more: Bounds = {}): Schema => ({
  type: 'array',
  description,
  maxItems,
  'x-kubernetes-list-type': 'atomic',
  ...more,
  items,
});

/** A list merged by its keys. */
export const listMap = (description: string, maxItems: number, keys: readonly string[], items: Schema): Schema => ({
  type: 'array',
  description,
  maxItems,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  items,
});

export const stringMap = (description: string, maxProperties: number, value: Schema): Schema => ({
  type: 'object',
  description,
  maxProperties,
  additionalProperties: value,
});

/** Kubernetes' qualified name: the keys of labels, annotations and taints. */
export const labelKeyPattern =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
export const labelKey = (description: string, more: Bounds = {}): Schema =>
  text(description, 317, {
    pattern: labelKeyPattern,
    'x-hint': 'must be a name of at most 63 characters, optionally after a DNS domain and "/"',
    ...more,
  });

const labelValueText = {
  type: 'string',
  maxLength: 63,
  pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$',
  'x-hint': 'must be at most 63 letters, digits, "-", "_" and ".", a letter or digit at both ends',
} as const satisfies Schema;
export const labelValue = (description: string): Schema => ({ ...labelValueText, description });
export const labelMap = (description: string, maxProperties: number): Schema =>
  stringMap(description, maxProperties, labelValueText);

/** The name of an object of Kubernetes (RFC 1123 subdomain). */
export const objectName = (description: string): Schema =>
  text(description, 253, {
    minLength: 1,
    pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    'x-hint': 'must be a name of lower-case letters, digits, "-" and ".", a letter or digit at both ends of each part',
  });

const dnsLabel = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
/** What certificates and addresses are made of: unlike an object's name, each part is bounded. */
export const dnsName = (description: string, maxLength: number, more: Bounds & { readonly before?: string } = {}) => {
  const { before = '', ...bounds } = more;
  return text(description, maxLength, {
    minLength: 1,
    pattern: `^${before}${dnsLabel}([.]${dnsLabel})*$`,
    'x-hint': 'must be a DNS name in lower case, each part of at most 63 characters',
    ...bounds,
  });
};

const hostLabel = '[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?';
const pathPart = '[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*';
/** The name of an image as container runtimes read it (distribution/reference): a host with a port, and parts of a path. */
export const imageName = `(${hostLabel}([.]${hostLabel})*(:[0-9]{1,5})?/)?${pathPart}(/${pathPart})*`;

export const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });

/** Whole numbers with one binary or decimal suffix: a subset of Kubernetes quantities in which CEL's integers cannot overflow. */
export const byteQuantityPattern = '^([1-9][0-9]{0,5}(Ki|Mi|Gi|Ti|k|M|G|T)|[1-9][0-9]{0,14})$';
export const byteQuantity = (description: string, more: Bounds = {}): Schema =>
  text(description, 15, {
    pattern: byteQuantityPattern,
    'x-hint': 'must be a whole number with one of the suffixes Ki, Mi, Gi, Ti, k, M, G, T, for example "8Gi"',
    ...more,
  });

/** Go durations in whole units; two groups at most, so that their sum stays far below Go's 292 years. */
export const durationPattern = '^([0-9]{1,6}(h|m|s|ms)){1,2}$';
export const duration = (description: string, more: Bounds = {}): Schema =>
  text(description, 16, {
    pattern: durationPattern,
    'x-hint': 'must be a duration of at most two whole units h, m, s, ms, for example "1h30m"',
    ...more,
  });
