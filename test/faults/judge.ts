import { differences, told } from './difference.js';
import type { Outcome } from './run.js';

/** What is not as it would have been without the fault; nothing when all is well. Pure. */
export function judge(expected: Pick<Outcome, 'state'>, outcome: Pick<Outcome, 'state' | 'problems'>): string[] {
  const problems = [...outcome.problems];
  if (outcome.state === undefined) {
    if (problems.length === 0) problems.push('the workflow gave no end state');
    return problems;
  }
  return [...problems, ...differences(expected.state ?? null, outcome.state).map(told)];
}
