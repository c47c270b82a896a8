import type { IncomingMessage } from 'node:http';
import type { Clock } from '../api/environment.js';
import { admit, type Decision, type JudgedKind, type Webhook } from './admission.js';
import { answerTo, failure, refusal } from './answer.js';
import { readBody, type BodyBudget } from './body.js';
import { parseJson } from './json.js';
import { readReview, uidOf, type AdmissionRequest } from './review.js';

/** What is sent back, and what is told about it in the log and the metrics. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The rest of the body was not read: the connection cannot be used again. */
  readonly close: boolean;
  readonly request?: AdmissionRequest;
  readonly decision?: Decision;
  /** Why there is no decision. */
  readonly problem?: string;
  /** A bug of ours. */
  readonly error?: unknown;
}

export interface ReviewHandlerOptions {
  readonly webhook: Webhook;
  readonly kind: JudgedKind;
  readonly clock: Clock;
  /** Shared by all routes of a server. */
  readonly budget: BodyBudget;
}

/** From a request's body to the reply. Never rejects: whatever happens, the caller gets an answer in a form it knows. */
export function reviewHandler(options: ReviewHandlerOptions): (request: IncomingMessage) => Promise<Reply> {
  return async function handleReview(request) {
    const body = await readBody(request, options.clock, options.budget);
    if (body.ok) return replyTo(body.bytes, options);
    const { code, reason, message } = body;
    return { status: code, text: failure(code, reason, message), close: true, problem: message };
  };
}

function replyTo(bytes: Uint8Array, { webhook, kind, clock }: ReviewHandlerOptions): Reply {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return unusable(uidOf(parsed.value), parsed.problem);
  const review = readReview(parsed.value);
  if (!review.ok) return unusable(review.uid, review.problem);
  const { request } = review;
  try {
    const decision = admit(webhook, request, kind, clock.now());
    const problem = decision.type === 'mistaken' ? { problem: decision.problem } : {};
    return { status: 200, text: answerTo(request, decision, kind), close: false, request, decision, ...problem };
  } catch (error) {
    const message = `internal error, see the webhook's log for ${request.uid}`;
    return { status: 200, text: refusal(request.uid, 500, 'InternalError', message), close: false, request, error };
  }
}

/** With a uid the API server shows the reason to the user; without one it takes only HTTP's word that the call failed. */
function unusable(uid: string | undefined, problem: string): Reply {
  return uid === undefined
    ? { status: 400, text: failure(400, 'BadRequest', problem), close: false, problem }
    : { status: 200, text: refusal(uid, 400, 'BadRequest', problem), close: false, problem };
}
