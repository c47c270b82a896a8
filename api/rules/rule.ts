/**
 * What a rule is: one record with its id, the sentence that documents it, where it holds, and a pure function. The CRD's CEL, the
 * webhook, the controller's guard and docs/admission.md are all rendered from it, so a rule cannot say two things in two places.
 */
import type { CauseReason, RuleContext } from '../judgement.js';
import { at, equal } from '../json.js';
import type { Draft } from '../meta.js';
import type { EtcdCluster, EtcdClusterSpec } from '../v1alpha1/types.gen.js';

export type Place = 'crd' | 'policy' | 'webhook' | 'guard';

/** What is wrong, before the engine puts it in Kubernetes' words and adds the rule's id. */
export interface Finding {
  /** As kubectl prints it: "spec.tls.client.source". */
  readonly field: string;
  readonly reason: CauseReason;
  /** What is allowed; the same text as the CRD's. */
  readonly detail: string;
  /** The nearest valid value, where CEL cannot work it out within its budget. */
  readonly nearest?: string;
  /** What was sent, shown before the detail where the reason has one. */
  readonly value?: unknown;
  /**
   * Paths in the spec that this finding alone rests on, where its rule reads more: unchanged, they pass, so that an edit is never refused
   * for a neighbour that nobody touched. The CRD's rule on the same node passes then too.
   */
  readonly reads?: readonly string[];
}

/**
 * What a rule sees: only sound values (right type, within the schema's bounds, in the schema at all), with every default filled in. What
 * the schema refused is absent here and already has its cause, so a rule never parses anything it must not trust.
 */
export interface RuleInput {
  readonly name: string | undefined;
  readonly next: Draft<EtcdClusterSpec>;
  /** The stored spec; absent on creation. */
  readonly old: Draft<EtcdClusterSpec> | undefined;
  /** The stored status. */
  readonly status: Draft<NonNullable<EtcdCluster['status']>> | undefined;
  readonly context: RuleContext;
}

/** How the CRD says the rule. Message expressions yield the same text as the rule's function, without the rule's id. */
export interface CelRule {
  /** The schema node it stands on, from the root: ['spec', 'size']. A rule without oldSelf is skipped while its node is unchanged. */
  readonly on: readonly string[];
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired';
  /** Relative to the node, ".size"; where the refusal is shown. */
  readonly fieldPath?: string;
  /**
   * Relative paths of what the rule reads, for a rule on a node that holds more: unchanged, they pass, so that an object stored before the
   * rule existed can still be edited elsewhere.
   */
  readonly reads?: readonly string[];
}

interface Described {
  readonly id: string;
  readonly family: string;
  /** One sentence for docs/admission.md. */
  readonly sentence: string;
}

export interface RefusingRule extends Described {
  readonly severity: 'refuse';
  readonly where: readonly Place[];
  /** Paths in the spec; on an update the rule is asked only when one of them changed. Empty: asked always. */
  readonly reads: readonly string[];
  readonly check: (input: RuleInput) => readonly Finding[];
  readonly cel?: readonly CelRule[];
}

/** Says something without refusing; only the webhook has someone to say it to. */
export interface WarningRule extends Described {
  readonly severity: 'warn';
  readonly warn: (input: RuleInput) => readonly string[];
}

/** Judges the deletion of a stored object. */
export interface DeletionRule extends Described {
  readonly severity: 'refuse';
  readonly where: readonly ['webhook'];
  readonly onDelete: (old: Draft<EtcdClusterSpec>) => readonly Finding[];
}

export type Rule = RefusingRule | WarningRule | DeletionRule;

const known = new Map<string, readonly string[]>();

/** The steps of a dotted path; only for paths that stand in the source. */
function stepsOf(path: string): readonly string[] {
  const found = known.get(path) ?? path.split('.');
  known.set(path, found);
  return found;
}

/** The value at a dotted path in the spec. */
export const read = (spec: unknown, path: string): unknown => at(spec, stepsOf(path));

export const changed = (input: RuleInput, path: string): boolean =>
  !equal(read(input.next, path), read(input.old, path));

/**
 * A rule that a field keeps its value for the life of the cluster. A stored object without the value was made while no webhook was there; the
 * guard then compares with what the controller latched. A new object without it has a value that was refused already.
 */
export function unchanged(rule: Described & { readonly because: string }, fields: readonly string[]): RefusingRule {
  const { because, ...described } = rule;
  const detail = (old: unknown) =>
    old === ''
      ? `cannot be set on an existing cluster${because}; leave it out`
      : `cannot be changed on an existing cluster${because}; keep ${JSON.stringify(old)}`;
  const celText = `'cannot be changed on an existing cluster${because}; keep "' + oldSelf + '"'`;
  const celEmpty = `'cannot be set on an existing cluster${because}; leave it out'`;
  return {
    ...described,
    severity: 'refuse',
    where: ['crd', 'webhook', 'guard'],
    reads: fields,
    check: (input) =>
      fields
        .filter((field) => [input.next, input.old].every((spec) => read(spec, field) !== undefined))
        .filter((field) => changed(input, field))
        .map((field) => ({
          field: `spec.${field}`,
          reason: 'FieldValueForbidden',
          detail: detail(read(input.old, field)),
        })),
    cel: fields.map((field) => ({
      on: ['spec', ...field.split('.')],
      rule: 'self == oldSelf',
      messageExpression: `oldSelf == '' ? ${celEmpty} : ${celText}`,
      reason: 'FieldValueForbidden',
    })),
  };
}

/**
 * CEL for a field or its default. Written with has(): the API server's cost estimator knows the greatest length of a field, but not of what
 * comes out of orValue(), and refuses the whole CRD for it.
 */
export const orDefault = (field: string, value: string): string => `(has(${field}) ? ${field} : '${value}')`;

/** CEL that asks `condition` only of a value of this form: the schema's own pattern refuses the others with its own message. */
export const whenMatches = (value: string, pattern: string, condition: string): string =>
  `!${value}.matches('${pattern}') || (${condition})`;
