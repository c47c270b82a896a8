// The daemons of an instance: started in its control group and namespaces, recorded by pid and start time, stopped by both.
import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, pause } from '../support/poll.js';
import { daemonsFile } from './cgroups.js';
import { startTime } from './lock.js';
import { inNetns } from './network.js';
import { dataDir, stateDir } from './paths.js';

export interface Daemon {
  /** Unique in the instance: kube-apiserver, node1-kubelet. */
  readonly component: string;
  readonly argv: readonly string[];
  readonly netns: string;
  /** Enter the mount namespace of this process too. */
  readonly mountsOf?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Recorded extends Daemon {
  readonly pid: number;
  readonly startTime: string;
  /** Ended on purpose: the instance is whole without it. */
  readonly stopped?: boolean;
}

export const logsDir = (name: string): string => join(dataDir(name), 'logs');
export const logFile = (name: string, component: string): string => join(logsDir(name), `${component}.log`);
const recordsDir = (name: string): string => join(stateDir(name), 'processes');

/** Argv that joins the daemons' group and the namespaces and then becomes the daemon: its pid is the one that was spawned. */
export function daemonArgv(name: string, daemon: Daemon): readonly string[] {
  const mounts = daemon.mountsOf === undefined ? [] : ['nsenter', `--mount=/proc/${daemon.mountsOf}/ns/mnt`, '--'];
  const join = ['sh', '-c', 'echo $$ > "$0" && exec "$@"', daemonsFile(name)];
  return [...join, ...inNetns(daemon.netns, [...mounts, ...daemon.argv])];
}

export function start(name: string, daemon: Daemon): Recorded {
  mkdirSync(logsDir(name), { recursive: true });
  mkdirSync(recordsDir(name), { recursive: true });
  const log = openSync(logFile(name, daemon.component), 'a');
  const [file = '', ...args] = daemonArgv(name, daemon);
  // Of its own session, so that a Ctrl-C meant for `up` does not reach it before `down` does.
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...daemon.env },
    cwd: '/',
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  const pid = child.pid ?? 0;
  const recorded = { ...daemon, pid, startTime: startTime(pid) ?? '', stopped: false };
  record(name, recorded);
  return recorded;
}

function record(name: string, process: Recorded): void {
  const file = join(recordsDir(name), `${process.component}.json`);
  writeFileSync(`${file}.partial`, JSON.stringify(process, null, 2));
  renameSync(`${file}.partial`, file);
}

export function recorded(name: string): readonly Recorded[] {
  try {
    return readdirSync(recordsDir(name))
      .filter((entry) => entry.endsWith('.json'))
      .sort()
      .map((entry) => JSON.parse(readFileSync(join(recordsDir(name), entry), 'utf8')) as Recorded);
  } catch {
    return [];
  }
}

export function find(name: string, component: string): Recorded {
  const all = recorded(name);
  const found = all.find((each) => each.component === component);
  if (found !== undefined) return found;
  throw new Error(
    `instance ${name} has no component ${JSON.stringify(component)}: must be one of ${all.map((each) => each.component).join(', ')}`,
  );
}

export function isAlive(process: { readonly pid: number; readonly startTime: string }): boolean {
  return process.pid > 0 && startTime(process.pid) === process.startTime;
}

export function signal(process: Recorded, which: NodeJS.Signals): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, which);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Ends a daemon and waits until it is gone: the next one on the same port must not find it. */
export async function stop(name: string, process: Recorded, which: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  record(name, { ...process, stopped: true });
  signal(process, which);
  await eventually(
    `${process.component} to end`,
    30_000,
    async () => {
      return isAlive(process) ? { done: false, seen: `pid ${process.pid} lives` } : { done: true, value: undefined };
    },
    10,
  );
}

/** The end of what a component said, for an error message. */
export function logTail(name: string, component: string, lines = 12): string {
  try {
    return readFileSync(logFile(name, component), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Every process of the machine that is in one of these network namespaces. */
export async function processesInNetns(netns: readonly string[]): Promise<readonly number[]> {
  const wanted = new Set<string>();
  for (const each of netns) wanted.add(`net:[${netnsInode(each)}]`);
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const links = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => '')));
  return pids.filter((_, position) => wanted.has(links[position] ?? ''));
}

function netnsInode(netns: string): number {
  return statSync(`/run/netns/${netns}`, { throwIfNoEntry: false })?.ino ?? 0;
}

/** Kills what `list` names until it names nothing any more: a process may fork while it is being looked at. */
export async function killAll(list: () => Promise<readonly number[]>): Promise<void> {
  const began = performance.now();
  for (;;) {
    const pids = (await list()).filter((pid) => startTime(pid) !== undefined && pid !== process.pid);
    if (pids.length === 0) return;
    if (performance.now() - began > 30_000) throw new Error(`processes ${pids.join(', ')} do not die`);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    await pause(10);
  }
}
