import { mkdir } from 'node:fs/promises';
import { invariants } from '../support/invariants.js';
import { kubectl } from '../support/place.js';
import type { PodRunner } from '../support/pod-runner.js';
import { startWriter, type Intact, type Writer } from '../support/writer.js';
import { calm, quiet } from './calm.js';
import { differences } from './difference.js';
import { endings, readEffects, type EffectLine } from './effect-log.js';
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
  /** What went wrong beside the end state: a step that did not end, data lost, an invariant broken on the way, a resync that wrote. */
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
    const intact = await Promise.race([live(options, ended), operator.hopeless]);
    await calm(operator);
    ended.state = await snapshot(options, intact);
    problems.push(...(await quiet(operator, options.resyncs)));
    // What went round the effect log would show here.
    const after = await snapshot(options, intact);
    problems.push(...differences(ended.state, after).map(({ path }) => `a resync changed ${path}`));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await operator.stop();
  }
  const effects = readEffects(operator.effects);
  problems.push(...invariants(endings(effects)));
  const hasStruck = effects.some(({ what }) => what === 'fault');
  const expectedDeaths = hasStruck && fault?.mode !== 'lost' ? 1 : 0;
  problems.push(...operator.deaths.slice(expectedDeaths).map((how) => `the operator ${how}`));
  return { effects, hasStruck, problems, ...ended, tookMs: performance.now() - began };
}

interface Ended {
  state?: Json;
  acknowledged: number;
}

/** The workflow under its writer, and what was read back afterwards. */
async function live(options: RunOptions, ended: Ended): Promise<Intact> {
  const { place, namespace, workflow } = options;
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
    return intact;
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
