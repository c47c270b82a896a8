import { existsSync, readFileSync } from 'node:fs';
import type { EffectRecord } from '../../controller/effects.js';
import type { Ended } from '../support/invariants.js';
import { nameOf, type Mode } from './fault.js';

export interface EffectLine {
  readonly at: string;
  /** Of the operator process. */
  readonly process: number;
  readonly what: 'sending' | 'done' | 'fault';
  readonly effect: EffectRecord;
  readonly fault?: string;
}

/** All lines so far; a line that is being written is left out. */
export function readEffects(file: string): EffectLine[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as EffectLine]));
}

/** How many effects were sent. */
export const countSent = (lines: readonly EffectLine[]): number =>
  lines.filter(({ what }) => what === 'sending').length;

/** What an effect is, wherever and whenever it happens: what coverage is counted by. */
export const kindOf = ({ policy, verb, target }: EffectRecord): string => `${policy} ${verb} ${target}`;

/** A call of etcd's; everything else is a write to Kubernetes. */
export const isMembershipChange = ({ verb }: EffectRecord): boolean =>
  ['add-learner', 'promote', 'remove-member', 'move-leader'].includes(verb);

/**
 * Numbers effects as faults name them. What etcd asks to be tried again keeps its number: a removal is tried two times in one run and
 * twenty in the next, until voters have been connected for 5 s, and every number after it would be another effect's.
 */
export function createNumbering(): (effect: EffectRecord) => number {
  let number = 0;
  let tried: string | undefined;
  return (effect) => {
    const kind = kindOf(effect);
    if (kind === tried) return number;
    // A status may tell between two tries why there is no success yet.
    if (effect.policy !== 'status') tried = isMembershipChange(effect) ? kind : undefined;
    return ++number;
  };
}

/** How many numbers a run has for faults to name. */
export function countNumbered(lines: readonly EffectLine[]): number {
  const number = createNumbering();
  return lines.filter(({ what }) => what === 'sending').reduce((_, { effect }) => number(effect), 0);
}

/** The effects that a fault struck, each as the fault that names its kind. */
export function struck(lines: readonly EffectLine[]): string[] {
  return lines
    .filter(({ what }) => what === 'fault')
    .map(({ effect, fault }) => nameOf({ mode: fault?.split(':')[0] as Mode, kind: kindOf(effect) }));
}

/** A line for people. */
export const shown = ({ at, process, what, effect }: EffectLine): string =>
  `${at} [${process}] ${what.padEnd(7)} #${effect.number} ${kindOf(effect)} because ${effect.evidence}`;

/** How each effect that was sent ended. One that a fault struck after its reply was carried out, whatever its process came to know. */
export function endings(lines: readonly EffectLine[]): Ended[] {
  const carriedOut = new Set(lines.filter(({ what }) => what !== 'sending').map(({ effect }) => effect.id));
  return lines
    .filter(({ what }) => what === 'sending')
    .map(({ effect }) => ({ effect, outcome: carriedOut.has(effect.id) ? 'done' : 'failed' }));
}
