import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../e2e/support/collect.js';
import { kubectl } from '../support/place.js';
import { countNumbered, kindOf, struck, type EffectLine } from './effect-log.js';
import { modes, nameOf, parseFault, type Fault } from './fault.js';
import { judge } from './judge.js';
import type { OperatorOptions } from './operator.js';
import { runWorkflow, type Outcome, type RunOptions } from './run.js';
import { writeStory } from './story.js';
import type { Workflow } from './workflow.js';

export interface CampaignOptions extends Pick<OperatorOptions, 'place' | 'bundle'>, Pick<RunOptions, 'runner'> {
  /** A workflow for a namespace. */
  readonly workflow: (namespace: string) => Workflow;
  /** Which faults to try, knowing how many effects there are. */
  readonly choose: (effects: number) => readonly Fault[];
  /** Afterwards each kind of effect that no fault of these struck is struck by its name. */
  readonly coversKinds?: boolean;
  readonly parallel: number;
  readonly resyncs: number;
  /** Where the stories of violations are written. */
  readonly artifacts: string;
  readonly log: (line: string) => void;
}

export interface Violation {
  readonly fault: string;
  readonly problems: readonly string[];
  /** Folder with everything there is to understand it by. */
  readonly story: string;
}

export interface Result {
  readonly effects: number;
  readonly runs: number;
  /** Runs whose workflow ended before the fault's effect came. */
  readonly unreached: number;
  readonly violations: readonly Violation[];
  /** Faults by kind of effect of the undisturbed run that this campaign has not tried. */
  readonly unstruck: readonly string[];
}

let ports = 20_000;

/**
 * Runs the workflow undisturbed, then once for each chosen fault, several at a time, and compares how they end. The undisturbed run must
 * itself end well.
 */
export async function campaign(options: CampaignOptions): Promise<Result> {
  const { log, choose, parallel, coversKinds = false } = options;
  const expected = await one(options, undefined);
  const effects = countNumbered(expected.effects);
  if (expected.problems.length > 0 || expected.state === undefined) {
    const story = await tell(options, undefined, expected, expected.problems);
    throw new Error(`the undisturbed run did not end well (${story}):\n${expected.problems.join('\n')}`);
  }
  await forget(options, expected);
  const faults = choose(effects);
  log(
    `undisturbed: ${effects} effects in ${seconds(expected.tookMs)}; ${faults.length} faults to try, ${parallel} at a time`,
  );
  const state: State = { runs: 0, unreached: 0, violations: [], struck: new Set(), began: performance.now() };
  await tryAll(options, faults, expected, state);
  // Runs differ a little in their order, so that a number strikes now this effect, now its neighbour.
  const left = coversKinds ? unstruck(expected.effects, state.struck) : [];
  if (left.length > 0) log(`struck by no number, now by name: ${left.join(', ')}`);
  await tryAll(options, left.map(parseFault), expected, state);
  const { runs, unreached, violations } = state;
  return { effects, runs, unreached, violations, unstruck: unstruck(expected.effects, state.struck) };
}

interface State {
  runs: number;
  unreached: number;
  readonly violations: Violation[];
  readonly struck: Set<string>;
  readonly began: number;
}

async function tryAll(
  options: CampaignOptions,
  faults: readonly Fault[],
  expected: Outcome,
  state: State,
): Promise<void> {
  const total = state.runs + faults.length;
  const queue = [...faults];
  const lane = async (): Promise<void> => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      await tryOne(options, fault, expected, state);
      options.log(progress(state, total));
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, lane));
}

async function tryOne(options: CampaignOptions, fault: Fault, expected: Outcome, state: State): Promise<void> {
  const outcome = await one(options, fault);
  state.runs += 1;
  if (!outcome.hasStruck) state.unreached += 1;
  for (const kind of struck(outcome.effects)) state.struck.add(kind);
  const problems = judge(expected, outcome);
  if (problems.length === 0) return forget(options, outcome);
  const story = await tell(options, fault, outcome, problems);
  state.violations.push({ fault: nameOf(fault), problems, story });
  options.log(`VIOLATION at ${nameOf(fault)}, told in ${story}:\n  ${problems.slice(0, 10).join('\n  ')}`);
}

interface Ran extends Outcome {
  readonly namespace: string;
  readonly folder: string;
}

async function one(options: CampaignOptions, fault: Fault | undefined): Promise<Ran> {
  const { place, bundle, runner, resyncs, artifacts, workflow } = options;
  const port = ports++;
  const namespace = `fault-${port}`;
  const folder = join(artifacts, 'running', namespace);
  const run = { place, bundle, runner, resyncs, port, namespace, folder, workflow: workflow(namespace), fault };
  const outcome = await runWorkflow(run);
  return { ...outcome, namespace, folder };
}

async function forget({ place }: CampaignOptions, { namespace, folder }: Ran): Promise<void> {
  await kubectl(place, ['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
  await rm(folder, { recursive: true, force: true });
}

async function tell(
  options: CampaignOptions,
  fault: Fault | undefined,
  outcome: Ran,
  problems: readonly string[],
): Promise<string> {
  const { namespace, folder } = outcome;
  const title = `fault ${fault === undefined ? 'none' : nameOf(fault)} ${namespace}`;
  const story = await collect(options.place, title, [namespace], [folder, ...podLogs(options.runner.logs, namespace)]);
  await writeStory(story, { title, problems, outcome });
  await forget(options, outcome);
  return story;
}

const podLogs = (folder: string, namespace: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${namespace}_`))
    .map((name) => join(folder, name));

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function progress({ runs, unreached, violations, began }: State, total: number): string {
  const passed = performance.now() - began;
  const left = (passed / runs) * (total - runs);
  const counts = `${violations.length} violations, ${unreached} not reached`;
  return `${runs} of ${total} faults, ${counts}, ${seconds(passed)} passed, about ${seconds(left)} to go`;
}

function unstruck(effects: readonly EffectLine[], seen: ReadonlySet<string>): string[] {
  const kinds = new Set(effects.filter(({ what }) => what === 'sending').map(({ effect }) => kindOf(effect)));
  return modes.flatMap((mode) => [...kinds].map((kind) => nameOf({ mode, kind }))).filter((each) => !seen.has(each));
}
