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
  readonly problems: readonly LocatedProblem[];
}

export interface LocatedProblem extends Problem {
  readonly field: string;
}

const root: Schema = { properties: { spec: specSchema } };
const validateSpec = validator(specSchema);

/** Judges an object by the schema alone; `old` is the stored object that defaults are carried over from. Total on any JSON. */
export function sound(object: unknown, old?: unknown): Sound {
  if (!isObject(object))
    return { object, name: undefined, spec: {}, whole: {}, problems: [located(wrongType(object, []))] };
  const name = own(own(object, 'metadata'), 'name');
  const judged = soundSpec(own(object, 'spec'), own(old, 'spec'));
  const problems = [...headingProblems(object), ...judged.problems].map(located);
  return { ...judged, object, name: typeof name === 'string' ? name : undefined, problems };
}

interface SoundSpec extends Pick<Sound, 'spec' | 'whole'> {
  readonly problems: readonly Problem[];
}

function soundSpec(sent: unknown, stored: unknown): SoundSpec {
  if (sent === undefined) return { spec: {}, whole: {}, problems: [missing] };
  if (!isObject(sent)) return { spec: {}, whole: {}, problems: [wrongType(sent, ['spec'])] };
  const shaped = shape(specSchema, sent, ['spec']);
  if (!isObject(shaped.value)) return { spec: {}, whole: {}, problems: shaped.problems };
  const before = isObject(stored) ? shape(specSchema, stored, ['spec']).value : undefined;
  const filled = fillSpec(shaped.value, isObject(before) ? before : undefined);
  const refused = validateSpec(filled, ['spec']).map(hinted);
  return {
    spec: cleared(filled, refused),
    whole: filled,
    problems: [...shaped.problems, ...refused.slice(0, mostProblems)],
  };
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

function headingProblems(object: JsonObject): readonly Problem[] {
  const expected = { apiVersion, kind: 'EtcdCluster' } as const;
  return Object.entries(expected).flatMap(([key, value]): readonly Problem[] => {
    const found = own(object, key);
    if (found === undefined || found === value) return [];
    return [{ path: [key], reason: 'FieldValueNotSupported', value: found, detail: `supported values: "${value}"` }];
  });
}
