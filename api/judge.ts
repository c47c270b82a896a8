import type { RuleContext, Verdict } from './judgement.js';
import type { AcceptedSpec, EtcdCluster } from './v1alpha1/types.gen.js';

/**
 * Everything that is wrong with what a user sends, and everything they should know about it: schema and all rules, all causes at once,
 * sorted by field. Total on any JSON. Only what changed against `old` is judged; an object being deleted always passes. For a DELETE
 * `next` is null and `old` the object to be deleted. Give it objects with their defaults already set.
 */
export function judge(_next: unknown, _old: EtcdCluster | undefined, _context: RuleContext): Verdict {
  return { causes: [], warnings: [] };
}

/** The part of the judgement that holds in the controller, against the spec that is being carried out. */
export function guard(_next: unknown, _accepted: AcceptedSpec | undefined, _context: RuleContext): Verdict {
  return { causes: [], warnings: [] };
}
