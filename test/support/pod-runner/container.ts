import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Variables } from './expand.js';

export interface Exit {
  readonly exitCode: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** The end of its log, for a termination message. */
  readonly tail: string;
}

/** A process of a container, from its start to its end. */
export interface Running {
  readonly pid: number;
  readonly startedAt: Date;
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function startContainer(command: readonly string[], variables: Variables, log: string): Running {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const [file = '', ...args] = command;
  const startedAt = new Date();
  const child = spawn(file, args, { stdio: ['ignore', output, output], env: { PATH: path, ...variables } });
  closeSync(output);
  const exited = new Promise<Exit>((resolve) => {
    const done = (exitCode: number): void =>
      resolve({ exitCode, startedAt, finishedAt: new Date(), tail: tailOf(log) });
    child.on('error', () => done(128));
    child.on('exit', (code, signal) => done(code ?? 128 + signalNumber(signal)));
  });
  return { pid: child.pid ?? 0, startedAt, exited, kill: (signal) => void child.kill(signal) };
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 1;

/** The kubelet's limits for a message taken from a log: 2,048 bytes, 80 lines. */
export function tailOf(log: string): string {
  const file = openSync(log, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 2048));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString().split('\n').slice(-81).join('\n');
  } finally {
    closeSync(file);
  }
}
