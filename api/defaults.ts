/**
 * Defaults. Static ones stand in the schema, where the API server applies them too; those that are derived from something (another
 * field, or what this operator thinks best today) are filled here and then stay: a later operator with another table leaves every value
 * alone that an object already has.
 */
import {
  defaultTable,
  derivedFields,
  probeKinds,
  probesOf,
  type DefaultTable,
  type DerivedField,
} from './derived-fields.js';
import type { Probes } from './probes.js';
import { at, equal, hasTooManyFields, isObject, own, type JsonObject } from './json.js';
import type { Schema } from './schema.js';
import { spec as specSchema } from './v1alpha1/schema/spec.js';
import type { AcceptedSpec, EtcdCluster, EtcdClusterSpec } from './v1alpha1/types.gen.js';

type Editable = Record<string, unknown>;

/** A part of the schema that filling passes through: an object, with those of its fields that are objects or have a default. */
interface Filler {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly fields: readonly { readonly key: string; readonly value: unknown; readonly below: Filler | undefined }[];
}

function fillerOf(schema: Schema): Filler | undefined {
  const { properties } = schema;
  if (!properties) return undefined;
  const fields = Object.entries(properties)
    .map(([key, child]) => ({ key, value: child.default, below: fillerOf(child) }))
    .filter(({ value, below }) => value !== undefined || below !== undefined);
  return { properties, fields };
}

const specFiller = fillerOf(specSchema) ?? { properties: {}, fields: [] };

/**
 * A copy with the schema's static defaults and without nulls, as the API server makes it; ill-typed values stay, to be judged. Objects that
 * the schema knows are copied once, so that later steps may write into them; all else is shared and never touched.
 */
function copyWithStatic(filler: Filler, value: JsonObject): Editable {
  const copy: Editable = { ...value };
  for (const key in copy) if (copy[key] === null && Object.hasOwn(filler.properties, key)) delete copy[key];
  for (const { key, value: given, below } of filler.fields) {
    const present = own(copy, key) ?? given;
    if (present !== undefined) copy[key] = below && isObject(present) ? copyWithStatic(below, present) : present;
  }
  return copy;
}

/** Whether any object that filling passes through has more fields than an object of ours could. */
function isOversized(filler: Filler, value: JsonObject): boolean {
  if (hasTooManyFields(value)) return true;
  return filler.fields.some(({ key, below }) => {
    const inner = own(value, key);
    return below !== undefined && isObject(inner) && isOversized(below, inner);
  });
}

/** Writes into a copy of ours; missing objects on the way are made, anything else in the way is left alone. */
function write(copy: Editable, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length > 0) {
    const inner = own(copy, key) ?? (value === undefined ? undefined : (copy[key] = {}));
    if (isObject(inner)) write(inner, rest, value);
  } else if (value === undefined) delete copy[key];
  else copy[key] = value;
}

const applies = (field: DerivedField, spec: JsonObject): boolean => field.when === undefined || field.when(spec);

const fits = (field: DerivedField, value: unknown, spec: JsonObject): boolean =>
  applies(field, spec) && (field.fits?.(value, spec) ?? true);

const derived = (field: DerivedField, spec: JsonObject, table: DefaultTable): unknown =>
  applies(field, spec) ? field.derive(spec, table) : undefined;

/** Whether the value is the stored one, and that was filled in. */
const wasDerived = (field: DerivedField, value: unknown, old: JsonObject | undefined, table: DefaultTable): boolean =>
  old !== undefined && value === at(old, field.path) && value === derived(field, old, table);

/**
 * A value that was filled in comes back with the next apply as if the user had written it: where it is the stored one it follows what it was
 * derived from, so that who shortens a certificate's life need not know the renewal that was filled in for them. Whether the usual value
 * gives way rests on the new object alone: a manifest that is applied twice must not be accepted once.
 */
function settle(field: DerivedField, spec: JsonObject, old: JsonObject | undefined, table: DefaultTable): unknown {
  const sent = at(spec, field.path);
  if (sent === undefined) return settleLeftOut(field, spec, old, table);
  if (fits(field, sent, spec)) return sent;
  const isFilledIn = sent === field.usual?.(table) || wasDerived(field, sent, old, table);
  return isFilledIn ? derived(field, spec, table) : sent;
}

/**
 * What was left out keeps its stored value, unless that does not fit any more: nobody can mend a value that they did not write. A stored object
 * that lacks a value was made while no webhook was there; what it is carried out with was latched by the controller then, and is not
 * guessed at now.
 */
function settleLeftOut(
  field: DerivedField,
  spec: JsonObject,
  old: JsonObject | undefined,
  table: DefaultTable,
): unknown {
  const stored = old && at(old, field.path);
  if (stored === undefined) return old && applies(field, old) ? undefined : derived(field, spec, table);
  const isKept = !field.anew && !wasDerived(field, stored, old, table) && fits(field, stored, spec);
  return isKept ? stored : derived(field, spec, table);
}

function fillDerived(spec: Editable, old: JsonObject | undefined, table: DefaultTable): void {
  for (const field of derivedFields) write(spec, field.path, settle(field, spec, old, table));
}

/** Every set of probes that a spec like this can have: three members and more are probed alike. */
function derivable(spec: JsonObject): readonly Probes[] {
  return ['Auto', 'Readyz'].flatMap((strategy) =>
    [1, 3].map((size) => probesOf({ ...spec, size, probes: { strategy } })),
  );
}

/**
 * Probes are derived anew at every admission. A stored probe may be out of date without anyone's doing (`kubectl scale` reaches no
 * webhook; a newer operator derives another), so what equals the stored one is replaced. So is what this spec would have at another size
 * or by another strategy: a manifest that was read from a cluster and edited is applied more than once. What someone wrote stays, to be
 * judged.
 */
function fillProbes(spec: Editable, old: JsonObject | undefined): void {
  const derived = probesOf(spec);
  const before = old && probesOf(old);
  for (const kind of probeKinds) {
    const sent = at(spec, ['probes', kind]);
    const stored = old && at(old, ['probes', kind]);
    const isFilledIn =
      sent === undefined || (stored !== undefined && equal(sent, stored)) || equal(sent, before?.[kind]);
    if (isFilledIn || derivable(spec).some((probes) => equal(sent, probes[kind])))
      write(spec, ['probes', kind], derived[kind]);
  }
}

/** A spec with its defaults filled in, `old` being the stored one. */
export function fillSpec(
  spec: JsonObject,
  old: JsonObject | undefined,
  table: DefaultTable = defaultTable,
): JsonObject {
  const before = old && copyWithStatic(specFiller, old);
  const filled = copyWithStatic(specFiller, spec);
  fillDerived(filled, before, table);
  fillProbes(filled, before);
  return filled;
}

/**
 * The object with its defaults filled in. Total on any JSON, pure and idempotent; nothing given to it is changed. `old` is the stored
 * object of an update: values that were filled in then are carried over when the new object leaves them out.
 */
export function setDefaults(next: unknown, old?: EtcdCluster, table: DefaultTable = defaultTable): unknown {
  if (!isObject(next)) return next;
  const spec = own(next, 'spec');
  if (!isObject(spec) || isOversized(specFiller, spec)) return next;
  const before = own(old, 'spec');
  return { ...next, spec: fillSpec(spec, isObject(before) ? before : undefined, table) };
}

/**
 * The spec that is carried out: the user's fields, then what was latched before, then what is derived today. Probes are always those
 * derived now. `spec` must have passed judgement.
 */
export function acceptedSpec(
  spec: EtcdClusterSpec,
  latched?: AcceptedSpec,
  table: DefaultTable = defaultTable,
): AcceptedSpec {
  const sent = { ...spec, probes: { strategy: spec.probes?.strategy } };
  const kept = latched ? fillSpec(sent, { ...latched }, table) : sent;
  // Once more without what was latched: an older operator latched no value for a field that it did not know.
  const filled: unknown = fillSpec(kept, undefined, table);
  return filled as AcceptedSpec;
}
