import { equal } from '../api/json.js';
import type { Cause, RuleContext, Verdict } from '../api/judgement.js';
import { patchOf, type PatchOperation } from './patch.js';
import { fieldsOf, type AdmissionRequest, type Fields } from './review.js';

/** What the kind's own package knows: defaulting and rules. Both are total on any JSON. */
export interface Judge {
  /** The object with defaults filled; the same values where nothing was missing. Never changes its arguments. */
  setDefaults(next: unknown, old?: unknown): unknown;
  /** `next` is null for a DELETE, `old` undefined for a CREATE. */
  judge(next: unknown, old: unknown, context: RuleContext): Verdict;
}

/** A kind that is judged, and where its reviews come in. */
export interface JudgedKind extends Judge {
  /** Does beforehand what the first review would otherwise wait for. */
  prepare?(): void;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
}

export type Webhook = 'mutate' | 'validate';

export type Decision =
  /** Let through without being judged, and why. */
  | { readonly type: 'passed'; readonly because: 'deleting' | 'subresource' | 'unchanged' }
  | { readonly type: 'allowed'; readonly patch: readonly PatchOperation[]; readonly warnings: readonly string[] }
  | { readonly type: 'denied'; readonly causes: readonly Cause[] }
  /** Not a review that this route can answer. */
  | { readonly type: 'mistaken'; readonly problem: string };

/** The decision on one review: a pure function of the review, the kind's rules and the time. */
export function admit(webhook: Webhook, request: AdmissionRequest, kind: JudgedKind, now: number): Decision {
  const problem = mistakeIn(request, kind);
  if (problem !== undefined) return { type: 'mistaken', problem };
  const because = reasonToPass(request);
  if (because !== undefined) return { type: 'passed', because };
  return webhook === 'mutate' ? mutate(request, kind, now) : validate(request, kind, now);
}

/**
 * Judges already here: schema and CEL run between mutate and validate, and what they refuse never reaches validate, so
 * only a denial from mutate can carry all causes at once. Warnings wait for validate: they announce what will be done,
 * and later webhooks may still change the object.
 */
function mutate(request: AdmissionRequest, kind: JudgedKind, now: number): Decision {
  if (request.operation === 'DELETE') return { type: 'allowed', patch: [], warnings: [] };
  const defaulted = kind.setDefaults(request.object, request.oldObject);
  const { causes } = kind.judge(defaulted, request.oldObject, contextOf(request, now));
  if (causes.length > 0) return { type: 'denied', causes };
  return { type: 'allowed', patch: patchOf(request.object, defaulted), warnings: [] };
}

function validate(request: AdmissionRequest, kind: JudgedKind, now: number): Decision {
  const next = request.operation === 'DELETE' ? null : request.object;
  const { causes, warnings } = kind.judge(next, request.oldObject, contextOf(request, now));
  return causes.length > 0 ? { type: 'denied', causes } : { type: 'allowed', patch: [], warnings };
}

function contextOf(request: AdmissionRequest, now: number): RuleContext {
  return { now, operation: request.operation as RuleContext['operation'], place: 'webhook' };
}

function mistakeIn(request: AdmissionRequest, kind: JudgedKind): string | undefined {
  const { group, version, resource } = request.resource;
  if (group !== kind.group || version !== kind.version || resource !== kind.resource) {
    return `resource must be ${kind.resource}.${kind.version}.${kind.group}`;
  }
  // On a subresource the kind is the subresource's own (autoscaling/v1 Scale).
  if (request.subResource !== '') return undefined;
  const asked = request.kind;
  if (asked.group !== kind.group || asked.version !== kind.version || asked.kind !== kind.kind) {
    return `kind must be ${kind.kind}.${kind.version}.${kind.group}`;
  }
  return mistakeInObjects(request, kind);
}

function mistakeInObjects(request: AdmissionRequest, kind: JudgedKind): string | undefined {
  const { operation, object, oldObject } = request;
  if (operation === 'CONNECT') return 'operation must be one of CREATE, UPDATE, DELETE';
  if (operation !== 'DELETE' && object === undefined) return `object is required for ${operation}`;
  if (operation !== 'CREATE' && oldObject === undefined) return `oldObject is required for ${operation}`;
  const subject = operation === 'DELETE' ? oldObject : object;
  return subject?.kind === kind.kind && subject.apiVersion === `${kind.group}/${kind.version}`
    ? undefined
    : `the object's kind must be ${kind.kind} of ${kind.group}/${kind.version}`;
}

/**
 * What is never judged, here as in the webhook configurations' matchConditions (a configuration can be older than this
 * process): a blocked finalizer or status write would keep the controller from mending what is wrong.
 */
function reasonToPass(request: AdmissionRequest): 'deleting' | 'subresource' | 'unchanged' | undefined {
  if (request.subResource !== '') return 'subresource';
  const { operation, object, oldObject } = request;
  // The API server puts the time back where a manifest lacks it, but only after this.
  const subjects = operation === 'DELETE' ? [oldObject] : [object, oldObject];
  if (subjects.some((subject) => fieldsOf(subject?.metadata)?.deletionTimestamp != null)) return 'deleting';
  return operation === 'UPDATE' && object && oldObject && isUnchanged(object, oldObject) ? 'unchanged' : undefined;
}

function isUnchanged(next: Fields, old: Fields): boolean {
  const [now, then] = [fieldsOf(next.metadata), fieldsOf(old.metadata)];
  return equal(next.spec, old.spec) && equal(now?.labels, then?.labels) && equal(now?.annotations, then?.annotations);
}
