import { isObject, own } from '../json.js';
import type { CauseReason } from '../judgement.js';
import type { Draft } from '../meta.js';
import { apiVersion } from '../names.js';
import { spec as specSchema } from '../v1alpha1/schema/spec.js';
import type { EtcdClusterSpec } from '../v1alpha1/types.gen.js';
import type { Schema } from '../schema.js';
import { fieldOf, kindOf, type Problem } from './problem.js';
import { schemaAt, validator, without } from './schema.js';
import { shape } from './shape.js';

/** What of an object can be trusted, and what is wrong with the rest. */
export interface Sound {
  readonly object: unknown;
  readonly name: string | undefined;
  /** Only values of the right type within the schema's bounds. */
  readonly spec: Draft<EtcdClusterSpec>;
  readonly problems: readonly LocatedProblem[];
}

export interface LocatedProblem extends Problem {
  readonly field: string;
  readonly reason: CauseReason;
}

const root: Schema = { properties: { spec: specSchema } };
const validateSpec = validator(specSchema);

/** Judges an object by the schema alone; total on any JSON. */
export function sound(object: unknown): Sound {
  if (!isObject(object)) return unfit(object, [], `must be of type object`);
  const heading = headingProblems(object);
  const name = own(own(object, 'metadata'), 'name');
  const common = { object, name: typeof name === 'string' ? name : undefined };
  const spec = own(object, 'spec');
  if (!isObject(spec)) {
    const found = spec === undefined ? missing : wrongType(spec);
    return { ...common, spec: {}, problems: [...heading, located(found)] };
  }
  const shaped = shape(specSchema, spec, ['spec']);
  const refused = validateSpec(shaped.value, ['spec']).map(hinted);
  const value = refused.reduce<unknown>((rest, { path }) => without(rest, path.slice(1)), shaped.value);
  const problems = [...shaped.problems, ...refused].map(located);
  return { ...common, spec: value ?? {}, problems: [...heading, ...problems] };
}

const missing: Problem = { path: ['spec'], reason: 'FieldValueRequired', detail: 'must be given' };
const wrongType = (value: unknown): Problem => ({
  path: ['spec'],
  reason: 'FieldValueTypeInvalid',
  value: kindOf(value),
  detail: 'must be of type object',
});

const located = (problem: Problem): LocatedProblem => ({ ...problem, field: fieldOf(root, problem.path) });

function unfit(object: unknown, path: readonly string[], detail: string): Sound {
  const problem: Problem = { path, reason: 'FieldValueTypeInvalid', value: kindOf(object), detail };
  return { object, name: undefined, spec: {}, problems: [located(problem)] };
}

/** Says in words what a pattern asks for, where the schema has the words. */
function hinted(problem: Problem): Problem {
  const hint = problem.detail.startsWith('must match ') ? schemaAt(root, problem.path)?.['x-hint'] : undefined;
  return hint === undefined ? problem : { ...problem, detail: hint };
}

function headingProblems(object: Readonly<Record<string, unknown>>): readonly LocatedProblem[] {
  const expected = { apiVersion, kind: 'EtcdCluster' } as const;
  return Object.entries(expected).flatMap(([key, value]): readonly LocatedProblem[] => {
    const found = own(object, key);
    if (found === undefined || found === value) return [];
    return [
      located({ path: [key], reason: 'FieldValueNotSupported', value: found, detail: `supported values: "${value}"` }),
    ];
  });
}
