/** What admission and the controller's guard answer: plain values, no HTTP in them. */

/** Kubernetes' own cause types (k8s.io/apimachinery metav1.CauseType). */
export type CauseReason =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueForbidden'
  | 'FieldValueNotSupported'
  | 'FieldValueTypeInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

export interface Cause {
  /** Rule id, e.g. "size-odd"; rendered into the message. */
  readonly rule: string;
  /** Field path as kubectl prints it, e.g. "spec.storage.size" or "spec.options[foo]". */
  readonly field: string;
  readonly reason: CauseReason;
  /** What is allowed and the nearest valid value; never a secret. */
  readonly message: string;
}

export interface Verdict {
  readonly causes: readonly Cause[];
  /** At most 120 characters each. */
  readonly warnings: readonly string[];
}

export interface RuleContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The webhook judges what a user sends; the guard judges what the controller is about to carry out. */
  readonly place: 'webhook' | 'guard';
}
