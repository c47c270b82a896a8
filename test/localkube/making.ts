// What every step of bringing an instance up is given, and the two ways in which steps wait.
import { eventually } from '../support/poll.js';
import { binary, type Log } from './builder.js';
import type { NetworkPlan } from './network-plan.js';
import { isAlive, logTail, start, type Daemon, type Recorded } from './processes.js';

export interface Making {
  readonly name: string;
  readonly plan: NetworkPlan;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until `ready` no longer throws. An abort ends the wait within one probe: whoever takes the instance down must be
 * sure that no step is still making something.
 */
export async function waitFor(
  making: Making,
  what: string,
  ready: () => Promise<void>,
  deadlineMs = 60_000,
): Promise<void> {
  await eventually(
    what,
    deadlineMs,
    async () => {
      if (making.signal?.aborted !== true) await ready();
      return { done: true, value: undefined };
    },
    50,
  );
  making.signal?.throwIfAborted();
}

/** The same while a process lives; its death ends the wait at once, with the end of what it said. */
export async function whileAlive(
  making: Making,
  process: Recorded,
  what: string,
  ready: () => Promise<void>,
): Promise<void> {
  const began = performance.now();
  let alive = true;
  const probe = async (): Promise<void> => {
    alive = isAlive(process);
    if (alive) await ready();
  };
  const said = (): string => `It said:\n${logTail(making.name, process.component)}`;
  await waitFor(making, `${process.component} to ${what}`, probe).catch((error: unknown) => {
    if (making.signal?.aborted === true) throw error;
    throw new Error(`${error instanceof Error ? error.message : String(error)}. ${said()}`, { cause: error });
  });
  if (!alive) throw new Error(`${process.component} ended at once. ${said()}`);
  making.log(`  ${process.component}: ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

export interface DaemonOf extends Omit<Daemon, 'argv'> {
  readonly group: string;
  readonly tool: string;
  readonly args: readonly string[];
}

/** Starts a daemon from the cache of binaries. */
export async function startTool(making: Making, { group, tool, args, ...daemon }: DaemonOf): Promise<Recorded> {
  const path = await binary(group, tool, making.log);
  making.signal?.throwIfAborted();
  return start(making.name, { ...daemon, argv: [path, ...args] });
}
