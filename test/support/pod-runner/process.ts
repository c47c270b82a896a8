/**
 * The stand-in kubelet's process. It is the first of a pid namespace, so whatever it started dies with it, however it dies. Configuration
 * on stdin, calls by IPC.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { nameOfNode } from './nodes.js';
import type { Reply, Request, RunnerConfig } from './protocol.js';
import { Runner } from './runner.js';
import { startProxy } from './proxy.js';

const config = JSON.parse(await text(process.stdin)) as RunnerConfig;
const log = (line: string): void => void process.stderr.write(`${new Date().toISOString()} pod-runner: ${line}\n`);
process.on('unhandledRejection', (error) => log(`unhandled: ${error instanceof Error ? error.stack : String(error)}`));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => undefined);

// An abstract socket belongs to the network namespace: a second runner would start every pod a second time.
const alone = createServer().listen('\0quorate-pod-runner');
await once(alone, 'listening').catch(() => {
  log('another pod runner serves this control plane');
  process.exit(1);
});
const runner = await Runner.start(config, log);
if (config.proxy !== undefined) startProxy(config.proxy, nameOfNode(0));

process.on('message', (request: Request) => {
  const reply = (rest: Omit<Reply, 'id'>): void => void process.send?.({ id: request.id, ...rest });
  runner.answer(request.call).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.send?.({ id: 0 } satisfies Reply);
