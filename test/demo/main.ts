/**
 * `npm run demo`: starts the story as a process group of its own and waits for it. Ctrl-C, or a plain kill, ends that group whole
 * (builds, kubectl, the writer) and then takes down what it had set up.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { down, open } from '../localkube/index.js';
import { existingPlace } from './existing-place.js';
import { readOptions, usage, type Options } from './options.js';
import { demoNamespace } from './spec.js';
import { print } from './screen.js';

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const story = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('story.ts', import.meta.url)), JSON.stringify(options)],
    { stdio: ['ignore', 'inherit', 'inherit'], detached: true },
  );
  let interrupted: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupted !== undefined) return;
      interrupted = signal;
      print('\nInterrupted: taking everything down.');
      endGroup(story.pid);
    });
  }
  const [code] = (await once(story, 'exit')) as [number | null];
  // Also after a good end: nothing that the story started may outlive it.
  endGroup(story.pid);
  if (interrupted !== undefined || options.downAfter) await cleanUp(options);
  else if (code !== 0) print(await leftForALook(options));
  return interrupted === undefined ? (code ?? 1) : 130;
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

async function cleanUp({ name, context }: Options): Promise<void> {
  if (context === undefined) {
    await down(name, print);
    print(`The local cluster ${name} is down.`);
  } else {
    const { code, stderr } = await existingPlace(context).kubectl([
      'delete',
      'namespace',
      demoNamespace,
      '--ignore-not-found',
    ]);
    print(code === 0 ? `The namespace ${demoNamespace} is gone; the operator stays.` : stderr.trim());
  }
}

/** How to look at what there is, and nothing when there is nothing. */
async function leftForALook({ name, context }: Options): Promise<string> {
  if (context !== undefined) {
    const { code } = await existingPlace(context).kubectl(['get', 'namespace', demoNamespace]);
    return code === 0 ? `\nLook at the namespace ${demoNamespace}, and delete it afterwards.` : '';
  }
  return open(name).then(
    () => `\nThe local cluster is left for a look:
  npm run localkube -- kubectl --name ${name} get pods -A
  npm run localkube -- down --name ${name}`,
    () => '',
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('See npm run demo -- --help.');
  process.exitCode = 2;
}
