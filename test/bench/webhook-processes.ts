import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { pause } from '../support/poll.js';
import { authority } from '../unit/webhook/support/certificates.js';
import type { Target } from './webhook-load.js';
import type { steps } from './webhook-steps.js';

export type Step = keyof typeof steps;

export interface Server extends Target {
  readonly child: ChildProcess;
  readonly metricsPort: number;
  readonly readyMs: number;
}

export interface Place {
  /** The bundled webhook in a process of its own. */
  webhook(): Promise<Server>;
  /** node:https alone around one step, in a process of its own, with the same certificate. */
  bare(step: Step): Promise<Server>;
  /** Ends whatever still runs and removes all files. */
  clear(): void;
}

export async function place(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const bareFile = join(folder, 'bare.cjs');
  const open: ChildProcess[] = [];
  execFileSync(process.execPath, ['tools/bundle.mjs', '--output', join(folder, 'dist')], { stdio: 'ignore' });
  await build({
    entryPoints: ['test/bench/webhook-bare.ts'],
    outfile: bareFile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
  });
  const root = await authority();
  const pair = await root.issue();
  writeFileSync(certFile, pair.cert);
  writeFileSync(keyFile, pair.key);

  function launch(argv: readonly string[]): ChildProcess {
    const log = openSync(join(folder, 'log'), 'a');
    const child = spawn(process.execPath, argv, { stdio: ['ignore', log, 'inherit'] });
    closeSync(log);
    open.push(child);
    return child;
  }

  return {
    async webhook() {
      const [port, metricsPort] = [await freePort(), await freePort()];
      const flags = {
        'cert-file': certFile,
        'key-file': keyFile,
        port,
        'metrics-port': metricsPort,
        'drain-seconds': 0,
      };
      const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const began = performance.now();
      const child = launch([join(folder, 'dist/bin/main.cjs'), 'webhook', ...argv]);
      await until(async () => (await scrape(metricsPort, '/readyz')).status === 200);
      return { child, port, metricsPort, ca: root.cert, readyMs: performance.now() - began };
    },
    async bare(step) {
      const port = await freePort();
      const began = performance.now();
      const child = launch([bareFile, certFile, keyFile, String(port), step]);
      await until(async () => (await scrape(port, '/')).status !== refused);
      return { child, port, metricsPort: 0, ca: root.cert, readyMs: performance.now() - began };
    },
    clear() {
      for (const child of open) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function residentMB({ child }: Server): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** CPU time that the process has used so far, all its threads, in milliseconds. */
export function cpuMs({ child }: Server): number {
  // The name in the second field may hold spaces; the times are the 14th and 15th, in ticks of 10 ms.
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export async function end({ child }: Server): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

const refused = -1;

export function scrape(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', (error: NodeJS.ErrnoException) => {
      resolve({ status: error.code === 'ECONNREFUSED' ? refused : 0, body: '' });
    });
  });
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await reached())) {
    if (performance.now() > deadline) throw new Error('the webhook is not ready after 15 s');
    await pause(5);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
