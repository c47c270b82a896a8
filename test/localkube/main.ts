// The command line of localkube. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted; kubectl's own for kubectl.
import { spawn } from 'node:child_process';
import { defaultName, parse, usage, type Command } from './arguments.js';
import { binary, build } from './builder.js';
import { open } from './cluster.js';
import { clean, down } from './down.js';
import { group, groups } from './groups.js';
import { UsageError } from './shape.js';
import { status } from './status.js';
import { up } from './up.js';

const say = (line: string): void => {
  console.error(line);
};

/** One Ctrl-C asks up to take down what it has made; its default action would leave it there. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) say(`${signal}: stopping`);
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}

class Interrupted extends Error {}

const nameFlag = (name: string): string => (name === defaultName ? '' : ` --name ${name}`);

async function runUp({ verb: _verb, ...options }: Extract<Command, { verb: 'up' }>): Promise<number> {
  const cluster = await up({ ...options, log: say, signal: interruptible() });
  console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
  say(
    `look around: npm run localkube -- kubectl${nameFlag(cluster.name)} get pods -A; take it down: npm run localkube -- down${nameFlag(cluster.name)}`,
  );
  return 0;
}

async function runKubectl({ name, args }: Extract<Command, { verb: 'kubectl' }>): Promise<number> {
  const cluster = await open(name);
  const kubectl = await binary('kubernetes', 'kubectl', say);
  const child = spawn(kubectl, args, { stdio: 'inherit', env: { ...process.env, ...cluster.kubectlEnv() } });
  // The terminal sends Ctrl-C to both; kubectl decides what it means, and this process passes on how it ended.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 130)));
}

async function runNode({ name, action, number }: Extract<Command, { verb: 'node' }>): Promise<number> {
  const began = performance.now();
  await (await open(name)).node(number)[action]();
  say(`node ${number} of ${name}: ${action} done (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return 0;
}

async function runBuild(wanted: readonly string[]): Promise<number> {
  for (const name of wanted) group(name);
  for (const name of wanted.length > 0 ? wanted : groups.map((each) => each.name)) {
    console.log(`${name}: ${await build(name, say)}`);
  }
  return 0;
}

async function execute(command: Command): Promise<number> {
  switch (command.verb) {
    case 'help':
      console.log(usage);
      return 0;
    case 'up':
      return runUp(command);
    case 'down':
      await down(command.name, say);
      return 0;
    case 'status':
      return status(command.name, (line) => {
        console.log(line);
      });
    case 'kubectl':
      return runKubectl(command);
    case 'load':
      await (await open(command.name)).load(command.file);
      return 0;
    case 'node':
      return runNode(command);
    case 'env':
      console.log(`export KUBECONFIG=${(await open(command.name)).kubeconfig}`);
      return 0;
    case 'build':
      return runBuild(command.groups);
    case 'clean':
      await clean(command, say);
      return 0;
  }
}

try {
  process.exitCode = await execute(parse(process.argv.slice(2)));
} catch (error) {
  say(`localkube: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Interrupted ? 130 : 1;
}
