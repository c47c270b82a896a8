import { mkdir } from 'node:fs/promises';
import { kubectl } from '../support/place.js';
import { eventually } from '../support/poll.js';
import type { PodRunner } from '../support/pod-runner.js';
import { startWriter, type Writer } from '../support/writer.js';
import { countSent, readEffects, shown, type EffectLine } from './effect-log.js';
import type { Fault } from './fault.js';
import type { Json } from './normalise.js';
import { Operator, type OperatorOptions } from './operator.js';
import { snapshot } from './snapshot.js';
import { begin, carryOn, type Workflow } from './workflow.js';

export interface RunOptions extends OperatorOptions {
  readonly runner: PodRunner;
  readonly workflow: Workflow;
  readonly fault?: Fault | undefined;
  /** How many fresh starts must write nothing afterwards. */
  readonly resyncs: number;
}

/** What came of a workflow, with or without a fault. */
export interface Outcome {
  readonly effects: readonly EffectLine[];
  readonly hasStruck: boolean;
  /** What went wrong beside the end state: a step that did not end, data lost, a resync that wrote. */
  readonly problems: readonly string[];
  /** Absent when the workflow did not come to its end. */
  readonly state?: Json;
  readonly acknowledged: number;
  readonly tookMs: number;
}

/** Runs a workflow in a namespace of its own under a small writer, and gives how it ended. */
export async function runWorkflow(options: RunOptions): Promise<Outcome> {
  const began = performance.now();
  const { place, namespace, folder, fault } = options;
  await mkdir(folder, { recursive: true });
  await kubectl(place, ['create', 'namespace', namespace]);
  const operator = new Operator(options);
  const problems: string[] = [];
  const ended: Ended = { acknowledged: 0 };
  try {
    operator.start(fault);
    await Promise.race([live(options, operator, ended), operator.hopeless]);
    problems.push(...(await quiet(operator, options.resyncs)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await operator.stop();
  }
  const effects = readEffects(operator.effects);
  const hasStruck = effects.some(({ what }) => what === 'fault');
  const expectedDeaths = hasStruck && fault?.mode !== 'lost' ? 1 : 0;
  problems.push(...operator.deaths.slice(expectedDeaths).map((how) => `the operator ${how}`));
  return { effects, hasStruck, problems, ...ended, tookMs: performance.now() - began };
}

interface Ended {
  state?: Json;
  acknowledged: number;
}

async function live(options: RunOptions, operator: Operator, ended: Ended): Promise<void> {
  const { place, namespace, workflow, runner } = options;
  await begin(place, workflow);
  let writer: Writer | undefined;
  try {
    writer = await startWriter({ cluster: place, namespace, name: workflow.first.metadata.name, intervalMs: 50 });
    const marked = writer;
    await carryOn(place, workflow, (step) => marked.mark(step));
    await writer.stop();
    const intact = await writer.verify();
    ended.acknowledged = intact.acknowledged;
    await oneCluster(writer, intact.membership.cluster);
    await calm(operator);
    ended.state = await snapshot({ place, runner, namespace }, intact);
  } finally {
    await writer?.stop();
  }
}

/** The members' own cluster ID is the one that answered the writer all along. */
async function oneCluster(writer: Writer, cluster: string): Promise<void> {
  const other = (await writer.attempts()).find(
    (attempt) => attempt.cluster !== undefined && attempt.cluster !== cluster,
  );
  if (other !== undefined)
    throw new Error(`${other.key} was answered by cluster ${other.cluster}, the members are of ${cluster}`);
}

/** What the operator still has to do once the spec is reached (a label, a status) it does within seconds: none for a while. */
async function calm(operator: Operator): Promise<void> {
  let seen = -1;
  let since = performance.now();
  await eventually('no more effects', 30_000, async () => {
    const sent = countSent(readEffects(operator.effects));
    if (sent !== seen) since = performance.now();
    seen = sent;
    return performance.now() - since > 1500 ? { done: true, value: sent } : { done: false, seen: sent };
  });
}

/** A fresh operator that takes longer to its first pass has no processor: what it then says of slow members is true, and no fault's. */
const starvedMs = 4000;
const saying = ['status', 'events'];

/**
 * Fresh starts, none of which may write anything. One that was starved and only said so (status and events, nothing else) proves nothing
 * either way and is repeated, at most as often again.
 */
async function quiet(operator: Operator, resyncs: number): Promise<string[]> {
  for (let proven = 0, tries = 0; proven < resyncs; tries++) {
    const before = readEffects(operator.effects).length;
    const tookMs = await operator.resync();
    const wrote = readEffects(operator.effects)
      .slice(before)
      .filter(({ what }) => what === 'sending');
    const isStarved = tookMs > starvedMs && wrote.every(({ effect }) => saying.includes(effect.policy));
    if (wrote.length === 0) proven += 1;
    else if (!isStarved || tries >= 2 * resyncs) return wrote.map((line) => `a resync wrote: ${shown(line)}`);
  }
  return [];
}
