import type { Status, StatusCause } from './objects.js';

export interface ApiErrorDetails {
  /** HTTP status, 0 when no answer came. */
  readonly status: number;
  /** The server's reason ("Conflict", "Invalid"), or ours when no answer came: "Timeout", "Connection", "Aborted", "Garbled". */
  readonly reason: string;
  readonly message: string;
  readonly body?: Status | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly isAmbiguous?: boolean | undefined;
  readonly cause?: unknown;
}

/** Any failed exchange with the API server. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;
  readonly body?: Status;
  /** The server asked to come back no sooner than this. */
  readonly retryAfterMs?: number;
  /** A write that was sent and not answered: it may or may not have taken effect; only a fresh read can tell. */
  readonly isAmbiguous: boolean;

  constructor(details: ApiErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.reason = details.reason;
    this.isAmbiguous = details.isAmbiguous ?? false;
    if (details.body !== undefined) this.body = details.body;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  get causes(): readonly StatusCause[] {
    return this.body?.details?.causes ?? [];
  }
}

const hasReason =
  (status: number, reason: string) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && error.status === status && error.reason === reason;

/** The object is not there (an unknown path, as with a CRD not installed, is not this: its reason is "Unknown"). */
export const isNotFound = hasReason(404, 'NotFound');
/** A stale resourceVersion, a uid precondition that does not hold, or another field manager's fields. */
export const isConflict = hasReason(409, 'Conflict');
export const isAlreadyExists = hasReason(409, 'AlreadyExists');
export const isInvalid = hasReason(422, 'Invalid');
export const isForbidden = hasReason(403, 'Forbidden');
/** Nothing can be created in a namespace that is being deleted: no missing right, and nothing to be done about it. */
export const isNamespaceTerminating = (error: unknown): error is ApiError =>
  isForbidden(error) && error.causes.some(({ reason }) => reason === 'NamespaceTerminating');
/** The revision asked for was compacted away. */
export const isGone = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 410;

/** Server-side apply met fields of another manager: their paths. Empty for any other failure. */
export function conflictingFields(error: unknown): readonly string[] {
  if (!isConflict(error)) return [];
  return error.causes.filter((cause) => cause.reason === 'FieldManagerConflict').map((cause) => cause.field ?? '');
}
