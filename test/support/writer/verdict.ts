import type { Violation } from '../history.js';
import type { MemberHash } from './protocol.js';

/** Something written is not as it was acknowledged. */
export class Unintact extends Error {
  readonly code = 'UNINTACT';
  constructor(
    readonly violations: readonly { readonly rule: string; readonly key: string; readonly message: string }[],
  ) {
    const shown = violations.slice(0, 20).map(({ rule, key, message }) => `  ${rule} ${key}: ${message}`);
    const rest = violations.length > shown.length ? [`  and ${violations.length - shown.length} more`] : [];
    super([`${violations.length} violations:`, ...shown, ...rest].join('\n'));
  }
}

export type HashViolation = Omit<Violation, 'rule'> & { readonly rule: 'hash' };

/** Members answer HashKV at one revision with one hash; a member that did not answer is a violation, too. */
export function judgeHashes(hashes: readonly MemberHash[]): HashViolation[] {
  const silent = hashes.filter((member) => member.hash === undefined);
  if (silent.length > 0) {
    return silent.map(({ endpoint, error }) => ({ rule: 'hash', key: endpoint, message: error ?? 'no answer' }));
  }
  const told = (member: MemberHash): string => `${member.hash} from revision ${member.compactRevision}`;
  const distinct = new Set(hashes.map(told));
  if (distinct.size <= 1) return [];
  return hashes.map((member) => ({ rule: 'hash', key: member.endpoint, message: told(member) }));
}
