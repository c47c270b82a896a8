import type { Environment } from '../api/environment.js';
import { readFlags, usage, type WebhookFlags } from '../webhook/flags.js';
import { etcdClusters } from '../webhook/kinds.js';
import { openLog } from './log.js';
import { runWebhook, type RunningWebhook } from '../webhook/index.js';

/** The package's version, put in by tools/bundle.mjs; absent when run from source. */
declare const QUORATE_VERSION: string | undefined;
const version = typeof QUORATE_VERSION === 'string' ? QUORATE_VERSION : 'source';

/** The webhook role: runs until SIGTERM or SIGINT. Sets the process's exit code, and resolves with it. */
export async function main(argv: readonly string[], environment: Environment): Promise<number> {
  const read = readFlags(argv);
  switch (read.type) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'mistake':
      process.stderr.write(`quorate webhook: ${read.message}\nSee quorate webhook --help.\n`);
      return (process.exitCode = 2);
    case 'flags':
      return (process.exitCode = await serve(read.flags, environment));
  }
}

async function serve({ logLevel, ...options }: WebhookFlags, environment: Environment): Promise<number> {
  const { log, end } = openLog('webhook', logLevel, environment);
  // Sealed, not frozen: on a frozen prototype no object can be given a `toString` or `constructor` of its own by
  // assignment, which libraries do. What pollution does is add keys, and that ends here.
  Object.seal(Object.prototype);
  const needs = { clock: environment.clock, elapsed: () => performance.now(), log, kinds: [etcdClusters] };
  let running: RunningWebhook | undefined;
  try {
    const starting = runWebhook({ ...options, version }, needs);
    const stopped = onSignal(starting);
    running = await starting;
    await Promise.race([stopped, running.ready.then(() => stopped)]);
    return 0;
  } catch (error) {
    log.fatal({ err: error }, 'cannot serve');
    await running?.stop();
    return 1;
  } finally {
    await end();
  }
}

/**
 * Resolves when what a signal asked for is done, and rejects when that fails; a second signal hurries it. Heard from the start on: without a listener the first process of
 * a container is deaf to SIGTERM, and any other ends by it without a word.
 */
function onSignal(starting: Promise<RunningWebhook>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void starting.then((running) => running.stop().then(resolve, reject), isToldAlready);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  });
}

/** One that cannot start ends by itself. */
const isToldAlready = (): void => undefined;
