import { operationTypes } from './conditions.js';
import type { Cause, RuleContext, Verdict } from './judgement.js';
import { at, equal, isObject, own } from './json.js';
import { rules } from './rules/index.js';
import { read, type Finding, type RefusingRule, type RuleInput } from './rules/rule.js';
import { sound, type Sound } from './validate/sound.js';
import { worded } from './validate/problem.js';
import type { AcceptedSpec, EtcdCluster } from './v1alpha1/types.gen.js';

const longestWarning = 120;

/**
 * Everything that is wrong with what a user sends, and everything they should know about it: schema and all rules, all causes at once,
 * sorted by field. Total on any JSON. Only what changed against `old` is judged; an object being deleted always passes. For a DELETE
 * `next` is null and `old` the object to be deleted. Defaults need not have been set; it judges as if they were.
 */
export function judge(next: unknown, old: EtcdCluster | undefined, context: RuleContext): Verdict {
  if (context.operation === 'DELETE') return judgeDeletion(old);
  if (isBeingDeleted(next) || isBeingDeleted(old)) return { causes: [], warnings: [] };
  const stored = old && sound(old, 'itself');
  const sent = sound(next, stored);
  const input = inputOf(sent, stored, old, context);
  const causes = [...schemaCauses(sent, stored), ...ruleCauses(input, sent, stored)];
  return { causes: sorted(causes), warnings: sent.problems.length > 0 ? [] : warningsOf(input) };
}

/**
 * The part of the judgement that holds in the controller, against the spec that is being carried out (none for a cluster that is not
 * accepted yet). A webhook can be absent, and `kubectl scale` passes it by; what is refused here is not carried out.
 */
export function guard(next: unknown, accepted: AcceptedSpec | undefined, context: RuleContext): Verdict {
  if (isBeingDeleted(next)) return { causes: [], warnings: [] };
  const carriedOut = accepted && isObject(next) ? ({ ...next, spec: accepted } as unknown as EtcdCluster) : undefined;
  const stored = carriedOut && sound(carriedOut, 'itself');
  const sent = sound(next, stored);
  const input = inputOf(sent, stored, carriedOut, { ...context, place: 'guard' });
  return { causes: sorted([...schemaCauses(sent, stored), ...ruleCauses(input, sent, stored)]), warnings: [] };
}

/** Compiles what the first judgement would: a server calls it before it says that it is ready. */
export function prepareJudgement(): void {
  sound({ spec: {} });
}

const isBeingDeleted = (object: unknown): boolean => at(object, ['metadata', 'deletionTimestamp']) !== undefined;

function judgeDeletion(old: EtcdCluster | undefined): Verdict {
  if (old === undefined || isBeingDeleted(old)) return { causes: [], warnings: [] };
  const spec = sound(old).spec;
  const causes = rules.flatMap((rule) =>
    'onDelete' in rule ? rule.onDelete(spec).map((finding) => causeOf(rule.id, finding)) : [],
  );
  return { causes: sorted(causes), warnings: [] };
}

function inputOf(
  sent: Sound,
  stored: Sound | undefined,
  old: EtcdCluster | undefined,
  context: RuleContext,
): RuleInput {
  return { name: sent.name, next: sent.spec, old: stored?.spec, status: soundStatus(own(old, 'status')), context };
}

/** What rules read of the stored status, where it is of the right type: the API server's always is, and anyone can call a webhook. */
function soundStatus(status: unknown): RuleInput['status'] {
  if (!isObject(status)) return undefined;
  const members = own(status, 'members');
  const type = operationTypes.find((known) => known === at(status, ['operation', 'type']));
  return {
    members: (Array.isArray(members) ? members : []).map((member) => ({
      id: textOf(own(member, 'id')),
      name: textOf(own(member, 'name')),
      healthy: own(member, 'healthy') !== false,
    })),
    lastProbeTime: textOf(own(status, 'lastProbeTime')),
    ...(type && { operation: { type } }),
    ...soundSize(own(status, 'stoppedSize')),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const soundSize = (size: unknown) => (typeof size === 'number' ? { stoppedSize: size } : {});

function causeOf(rule: string, { field, reason, value, detail, nearest }: Finding): Cause {
  const hint = nearest === undefined ? '' : `; nearest: ${nearest}`;
  return { rule, field, reason, message: `${worded(reason, value, detail)}${hint} (rule ${rule})` };
}

/** The schema's causes, without those about values that the stored object has too: it must stay editable. */
function schemaCauses(sent: Sound, stored: Sound | undefined): readonly Cause[] {
  return sent.problems
    .filter(({ path }) => stored === undefined || !isStored(path, sent.object, stored.object))
    .map(({ field, reason, value, detail }) => causeOf('schema', { field, reason, value, detail }));
}

/** Whether both objects have the same at the path, or both lack it. */
function isStored(path: readonly (string | number)[], next: unknown, old: unknown): boolean {
  const step = (value: unknown, key: string | number) =>
    Array.isArray(value) ? (value as readonly unknown[])[Number(key)] : own(value, String(key));
  const follow = (value: unknown, steps: typeof path) => steps.reduce(step, value);
  return follow(old, path.slice(0, -1)) !== undefined && equal(follow(next, path), follow(old, path));
}

function ruleCauses(input: RuleInput, sent: Sound, stored: Sound | undefined): readonly Cause[] {
  return rules
    .filter((rule): rule is RefusingRule => 'check' in rule && rule.where.includes(input.context.place))
    .filter((rule) => stored === undefined || rule.reads.length === 0 || readsChanged(rule.reads, sent, stored))
    .flatMap((rule) =>
      rule
        .check(input)
        .filter((finding) => stored === undefined || !finding.reads || readsChanged(finding.reads, sent, stored))
        .map((finding) => causeOf(rule.id, finding)),
    );
}

/** Whether anything at the paths was changed, sound or not. */
const readsChanged = (reads: readonly string[], sent: Sound, stored: Sound): boolean =>
  reads.some((path) => !equal(read(sent.whole, path), read(stored.whole, path)));

function warningsOf(input: RuleInput): readonly string[] {
  return rules
    .flatMap((rule) => ('warn' in rule ? rule.warn(input) : []))
    .map((warning) => (warning.length <= longestWarning ? warning : `${warning.slice(0, longestWarning - 1)}…`));
}

function sorted(causes: readonly Cause[]): readonly Cause[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...causes].sort(
    (a, b) => compare(a.field, b.field) || compare(a.rule, b.rule) || compare(a.message, b.message),
  );
}
