import { ApiError } from './errors.js';
import type { Status } from './objects.js';

export interface FailedAnswer {
  /** Method and path, for the message. */
  readonly what: string;
  /** 0: take the Status object's own code. */
  readonly status: number;
  /** A Status, or whatever text came instead. */
  readonly body: unknown;
  readonly retryAfter?: string | undefined;
  readonly isWrite?: boolean | undefined;
}

/** The error that a failed answer means. */
export function errorOf(answer: FailedAnswer): ApiError {
  const body = statusOf(answer.body);
  const status = answer.status || (body?.code ?? 500);
  const { reason = 'Unknown', message = `HTTP ${status}`, details } = body ?? {};
  return new ApiError({
    status,
    reason,
    message: `${answer.what}: ${message}`,
    body,
    retryAfterMs: milliseconds(answer.retryAfter ?? details?.retryAfterSeconds),
    // "etcdserver: request timed out" and the gateway timeouts come after the write was passed on.
    isAmbiguous: answer.isWrite === true && status >= 500,
  });
}

/** The API server only ever sends seconds; a proxy's HTTP date is passed over. */
function milliseconds(seconds: string | number | undefined): number | undefined {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) ? ms : undefined;
}

/** A proxy's or mux's 404 is plain text or HTML: no Status, so no word about the object. */
export function statusOf(body: unknown): Status | undefined {
  const value = typeof body === 'string' ? parsed(body) : body;
  return typeof value === 'object' && value !== null && (value as Status).kind === 'Status'
    ? (value as Status)
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
