// What is recorded of each instance: one JSON file, written before anything it speaks of is made, so that whatever a crash
// leaves behind can be found again.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTime, withLock } from './lock.js';
import { machineRanges } from './network.js';
import { freeIndex, networkPlan, type NetworkPlan } from './network-plan.js';
import { stateDir, stateRoot } from './paths.js';
import type { Shape } from './shape.js';

export interface Instance extends Shape {
  readonly name: string;
  readonly index: number;
  /** 'starting' with a dead owner is a crash in the middle of up. */
  readonly phase: 'starting' | 'up';
  readonly owner: { readonly pid: number; readonly startTime: string };
  /** Process ids mean nothing after a reboot. */
  readonly boot: string;
}

const file = (name: string): string => join(stateDir(name), 'instance.json');
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

export function readInstance(name: string): Instance | undefined {
  try {
    return JSON.parse(readFileSync(file(name), 'utf8')) as Instance;
  } catch {
    return undefined;
  }
}

export function writeInstance(instance: Instance): void {
  mkdirSync(stateDir(instance.name), { recursive: true });
  const partial = `${file(instance.name)}.partial`;
  writeFileSync(partial, JSON.stringify(instance, null, 2));
  renameSync(partial, file(instance.name));
}

export function planOf(instance: Instance): NetworkPlan {
  return networkPlan(instance.name, instance.index, instance.nodes);
}

/** Process ids of before a reboot are other processes' now. */
export const sameBoot = (instance: Instance): boolean => instance.boot === bootId();

/** Whether the process that is bringing the instance up is still at it. */
export function ownerAlive(instance: Instance): boolean {
  return sameBoot(instance) && startTime(instance.owner.pid) === instance.owner.startTime;
}

export function instanceNames(): readonly string[] {
  if (!existsSync(stateRoot)) return [];
  return readdirSync(stateRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** For messages: which instances are up. */
export function whatIsUp(): string {
  const names = instanceNames().filter((name) => readInstance(name)?.phase === 'up');
  return names.length === 0 ? 'no instance is up' : `up: ${names.join(', ')}`;
}

/** What two instances must not do at once: choose an index, or make and remove namespaces. */
export function withMachineLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(join(stateRoot, 'machine.lock'), work);
}

export interface Patience {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One process at a time brings an instance up or takes it down. */
export function withInstanceLock<T>(name: string, { log, signal }: Patience, work: () => Promise<T>): Promise<T> {
  const onWait = (pid: string): void => {
    log(`waiting for process ${pid}, which is at work on ${name}`);
  };
  return withLock(join(stateRoot, `${name}.lock`), work, onWait, signal);
}

/** Records a new instance under a range of addresses that nobody has. */
export function register(name: string, shape: Shape): Promise<Instance> {
  return withMachineLock(async () => {
    const others = instanceNames().flatMap((other) => readInstance(other)?.index ?? []);
    const instance: Instance = {
      name,
      ...shape,
      index: freeIndex(others, await machineRanges()),
      phase: 'starting',
      owner: { pid: process.pid, startTime: startTime(process.pid) ?? '' },
      boot: bootId(),
    };
    writeInstance(instance);
    return instance;
  });
}

export function forget(name: string): void {
  rmSync(stateDir(name), { recursive: true, force: true });
}
