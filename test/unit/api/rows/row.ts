/** One row of the tables by which rules are tested: what is sent, what is stored, and every cause and warning that must come back. */
import type { Cause, CauseReason } from '../../../../api/index.js';

export interface Row {
  /** A sentence that a reader can judge. */
  readonly title: string;
  readonly spec: unknown;
  /** The stored spec: the row is an update. */
  readonly old?: unknown;
  readonly status?: unknown;
  readonly name?: string;
  /** Accepted because the webhook settles a value that it once filled in; without it the CRD refuses. */
  readonly needsDefaulting?: true;
  readonly causes: readonly Cause[];
  readonly warnings?: readonly string[];
}

/** The moment at which every row is judged. */
export const now = Date.parse('2026-11-23T12:00:00Z');

const cause =
  (reason: CauseReason, word: string) =>
  (rule: string, field: string, message: string): Cause => ({
    rule,
    field,
    reason,
    message: `${word}${message} (rule ${rule})`,
  });

export const invalid = cause('FieldValueInvalid', 'Invalid value: ');
export const forbidden = cause('FieldValueForbidden', 'Forbidden: ');
export const required = cause('FieldValueRequired', 'Required value: ');
export const unsupported = cause('FieldValueNotSupported', 'Unsupported value: ');
export const wrongType = cause('FieldValueTypeInvalid', 'Invalid value: ');
export const tooLong = cause('FieldValueTooLong', 'Too long: ');
export const tooMany = cause('FieldValueTooMany', 'Too many: ');
export const duplicate = cause('FieldValueDuplicate', 'Duplicate value: ');
