import { changed, type Rule, type RuleInput, type WarningRule } from './rule.js';

const members = (count: number): string => `${count} member${count === 1 ? '' : 's'}`;
const tolerates = (size: number): string => {
  const failures = Math.floor((size - 1) / 2);
  return `tolerates ${failures} failure${failures === 1 ? '' : 's'} after`;
};

function stopPlan(from: number, input: RuleInput): string {
  if (input.next.storage?.retentionPolicy?.whenStopped !== 'RetainOne')
    return `stops all ${from}; every volume is kept`;
  return from === 1
    ? 'stops the member; its volume is kept'
    : `scales in to 1 member, stops it, and releases the volumes of the others`;
}

function wakePlan(to: number, stopped: number | undefined): string {
  if (stopped === undefined) return `wakes the stopped members, then scales to ${to}`;
  if (stopped === 0) return `starts the cluster with ${members(to)}`;
  return `wakes ${members(stopped)}${stopped === to ? '' : `, then ${stopped < to ? 'adds' : 'removes'} ${Math.abs(to - stopped)}`}`;
}

function sizePlan(from: number, to: number, input: RuleInput): string {
  if (to === 0) return stopPlan(from, input);
  if (from === 0) return wakePlan(to, input.status?.stoppedSize);
  return to > from ? `adds ${members(to - from)}; ${tolerates(to)}` : `removes ${members(from - to)}; ${tolerates(to)}`;
}

const sizeAnnounced: WarningRule = {
  id: 'plan-size',
  family: 'plan',
  sentence: 'A change of size says what will be done and how many failures are tolerated after.',
  severity: 'warn',
  warn: (input) => {
    const from = input.old?.size;
    const to = input.next.size;
    if (from === undefined || to === undefined || from === to) return [];
    return [`spec.size: ${from} → ${to} ${sizePlan(from, to, input)}`];
  },
};

/** Fields that are written into pods or member files, which running members keep until their pod is made anew. */
const atNextStart = [
  'image.pullPolicy',
  'image.pullSecrets',
  'probes.strategy',
  'options',
  'podTemplate',
  'debug',
] as const;

/** A quota or a strategy also changes the probes; those alone never restart anyone and need no word of their own. */
const later: WarningRule = {
  id: 'plan-next-start',
  family: 'plan',
  sentence: 'A change that running members take only when their pod is next started says so.',
  severity: 'warn',
  warn: (input) => {
    if (input.old?.size === undefined || input.old.size === 0) return [];
    return atNextStart
      .filter((field) => changed(input, field))
      .map((field) => `spec.${field}: members take it when their pods next start; size 0 and back does that for all`);
  },
};

/** In the order of the controller's policies. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['certificates', ['tls.client.operator', 'tls.client.extraSANs', 'tls.peer.operator']],
  ['size', ['size']],
];

const order: WarningRule = {
  id: 'plan-order',
  family: 'plan',
  sentence: 'Several changes at once are allowed, with the order in which they are done.',
  severity: 'warn',
  warn: (input) => {
    if (input.old === undefined) return [];
    const planned = steps.filter(([, fields]) => fields.some((field) => changed(input, field))).map(([name]) => name);
    return planned.length > 1 ? [`spec: done in this order: ${planned.join(', ')}`] : [];
  },
};

const queued: WarningRule = {
  id: 'plan-queued',
  family: 'plan',
  sentence: 'A change of size while an operation runs is carried out after it.',
  severity: 'warn',
  warn: (input) => {
    const running = input.status?.operation?.type;
    if (running === undefined || input.old === undefined || !changed(input, 'size')) return [];
    return [`spec.size: ${running} is under way; this change follows it`];
  },
};

const pausedChange: WarningRule = {
  id: 'plan-paused',
  family: 'plan',
  sentence: 'A change to a paused cluster says that nothing is done about it yet.',
  severity: 'warn',
  warn: (input) =>
    input.old && input.next.paused === true && changed(input, 'size')
      ? ['spec.paused: true: the new size is stored, and carried out when paused is false']
      : [],
};

export const planRules: readonly Rule[] = [sizeAnnounced, later, order, queued, pausedChange];
