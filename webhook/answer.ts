import type { Cause } from '../api/judgement.js';
import type { Decision, JudgedKind } from './admission.js';
import { printable } from './printable.js';
import { reviewVersion, type AdmissionRequest } from './review.js';

const maxWarning = 120;
// Bounds the answer (and the user's terminal) when somebody sends ten thousand mistakes.
const maxCauses = 100;
// Field paths, values and names are a caller's own text, up to megabytes of it.
const [maxField, maxMessage, maxName] = [512, 1024, 253];

/** The body of the answer to one review, as text. */
export function answerTo(request: AdmissionRequest, decision: Decision, kind: JudgedKind): string {
  switch (decision.type) {
    case 'passed':
      return review({ uid: request.uid, allowed: true });
    case 'allowed':
      return review({ uid: request.uid, allowed: true, ...warningsOf(decision.warnings), ...patchOf(decision.patch) });
    case 'denied':
      return review({ uid: request.uid, allowed: false, status: invalid(request, decision.causes, kind) });
    case 'mistaken':
      return refusal(request.uid, 400, 'BadRequest', decision.problem);
  }
}

/** A denial that is not about the object's fields. */
export function refusal(uid: string, code: number, reason: string, message: string): string {
  return review({ uid, allowed: false, status: { status: 'Failure', code, reason, message } });
}

/** What is answered where there is no review to answer to: Kubernetes' own error object. */
export function failure(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message });
}

function review(response: object): string {
  return JSON.stringify({ apiVersion: reviewVersion, kind: 'AdmissionReview', response });
}

function warningsOf(warnings: readonly string[]): { warnings?: string[] } {
  return warnings.length === 0 ? {} : { warnings: warnings.map((warning) => printable(warning, maxWarning)) };
}

function patchOf(patch: readonly unknown[]): { patchType?: 'JSONPatch'; patch?: string } {
  if (patch.length === 0) return {};
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

/**
 * As the API server itself words an invalid object. kubectl prints the causes one a line; GitOps tools show the message
 * alone, so it carries them all too.
 */
function invalid(request: AdmissionRequest, causes: readonly Cause[], kind: JudgedKind): object {
  const told = causes.slice(0, maxCauses).map(({ reason, message, field }) => ({
    reason,
    message: printable(message, maxMessage),
    field: printable(field, maxField),
  }));
  const name = printable(request.name, maxName);
  const lines = told.map((cause) => `${cause.field}: ${cause.message}`);
  if (causes.length > maxCauses) lines.push(`and ${causes.length - maxCauses} more`);
  const all = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: `${kind.kind}.${kind.group} ${JSON.stringify(name)} is invalid: ${all}`,
    details: { group: kind.group, kind: kind.kind, name, causes: told },
  };
}
