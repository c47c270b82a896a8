import { fillSpec } from '../defaults.js';
import { isObject, own, type JsonObject } from '../json.js';
import type { Draft } from '../meta.js';
import { apiVersion } from '../names.js';
import { spec as specSchema } from '../v1alpha1/schema/spec.js';
import type { EtcdClusterSpec } from '../v1alpha1/types.gen.js';
import type { Schema } from '../schema.js';
import { fieldOf, kindOf, mostProblems, type Problem } from './problem.js';
import { schemaAt, validator, without } from './schema.js';
import { shape } from './shape.js';

/** What of an object can be trusted, with every default filled in, and what is wrong with the rest. */
export interface Sound {
  readonly object: unknown;
  readonly name: string | undefined;
  /** Only values of the right type within the schema's bounds. */
  readonly spec: Draft<EtcdClusterSpec>;
  /** The same with the values that were refused: for telling what changed, not for judging it. */
  readonly whole: unknown;
  /** As it was sent, cut to what the schema knows and bounds. */
  readonly trimmed: unknown;
  readonly problems: readonly LocatedProblem[];
}

export interface LocatedProblem extends Problem {
  readonly field: string;
}

const root: Schema = { properties: { spec: specSchema } };
const validateSpec = validator(specSchema);

/**
 * Judges an object by the schema alone. `stored` is what defaults are carried over from: nothing on creation, the stored object of an
 * update, and for that one itself. Total on any JSON.
 */
export function sound(object: unknown, stored?: Pick<Sound, 'trimmed'> | 'itself'): Sound {
  if (!isObject(object)) {
    const nothing = { spec: {}, whole: {}, trimmed: undefined };
    return { ...nothing, object, name: undefined, problems: [located(wrongType(object, []))] };
  }
  const name = own(own(object, 'metadata'), 'name');
  const judged = soundSpec(own(object, 'spec'), stored);
  const problems = [...headingProblems(object), ...judged.problems].map(located);
  return { ...judged, object, name: typeof name === 'string' ? name : undefined, problems };
}

interface SoundSpec extends Pick<Sound, 'spec' | 'whole' | 'trimmed'> {
  readonly problems: readonly Problem[];
}

function soundSpec(sent: unknown, stored: Pick<Sound, 'trimmed'> | 'itself' | undefined): SoundSpec {
  const nothing = { spec: {}, whole: {}, trimmed: undefined };
  if (sent === undefined) return { ...nothing, problems: [missing] };
  if (!isObject(sent)) return { ...nothing, problems: [wrongType(sent, ['spec'])] };
  const { value: trimmed, problems } = shape(specSchema, sent, ['spec']);
  if (!isObject(trimmed)) return { ...nothing, problems };
  const before = stored === 'itself' ? trimmed : stored?.trimmed;
  const filled = fillSpec(trimmed, isObject(before) ? before : undefined);
  const refused = validateSpec(filled, ['spec']).map(hinted);
  const all = [...problems, ...refused.slice(0, mostProblems)];
  return { spec: cleared(filled, refused), whole: filled, trimmed, problems: all };
}

/** Without every value that was refused; where there are very many, without the fields of the spec that hold them. */
function cleared(spec: JsonObject, refused: readonly Problem[]): Draft<EtcdClusterSpec> {
  const depth = refused.length > mostProblems ? 2 : Infinity;
  const places = new Map(refused.map(({ path }) => [path.slice(0, depth).join('/'), path.slice(1, depth)]));
  return [...places.values()].reduce<unknown>(without, spec) as Draft<EtcdClusterSpec>;
}

const missing: Problem = { path: ['spec'], reason: 'FieldValueRequired', detail: 'must be given' };
const wrongType = (value: unknown, path: readonly string[]): Problem => ({
  path,
  reason: 'FieldValueTypeInvalid',
  value: kindOf(value),
  detail: 'must be of type object',
});

const located = (problem: Problem): LocatedProblem => ({ ...problem, field: fieldOf(root, problem.path) });

/** Says in words what a pattern asks for, where the schema has the words. */
function hinted(problem: Problem): Problem {
  const hint = problem.detail.startsWith('must match ') ? schemaAt(root, problem.path)?.['x-hint'] : undefined;
  return hint === undefined ? problem : { ...problem, detail: hint };
}

const heading = [
  ['apiVersion', apiVersion],
  ['kind', 'EtcdCluster'],
] as const;

function headingProblems(object: JsonObject): readonly Problem[] {
  return heading.flatMap(([key, value]): readonly Problem[] => {
    const found = own(object, key);
    if (found === undefined || found === value) return [];
    return [{ path: [key], reason: 'FieldValueNotSupported', value: found, detail: `supported values: "${value}"` }];
  });
}
