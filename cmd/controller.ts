import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { Environment } from '../api/environment.js';
import { createController, type Controller, type FaultHook } from '../controller/index.js';
import { createApiClient, loadConnection } from '../kube/index.js';
import { createProbes } from '../webhook/probes.js';
import { openLog } from './log.js';
import { readFlags, usage, type ControllerFlags } from './controller-flags.js';

/** The package's version, put in by tools/bundle.mjs; absent when run from source. */
declare const QUORATE_VERSION: string | undefined;
const version = typeof QUORATE_VERSION === 'string' ? QUORATE_VERSION : 'source';

/** The controller role: runs until SIGTERM or SIGINT, or until its lease is lost (then exit code 1, to begin afresh). */
export async function main(argv: readonly string[], environment: Environment, hook?: FaultHook): Promise<number> {
  const read = readFlags(argv);
  switch (read.type) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'mistake':
      process.stderr.write(`quorate controller: ${read.message}\nSee quorate controller --help.\n`);
      return (process.exitCode = 2);
    case 'flags':
      return (process.exitCode = await serve(read.flags, environment, hook));
  }
}

async function serve(flags: ControllerFlags, environment: Environment, hook: FaultHook | undefined): Promise<number> {
  const { log, end } = openLog('controller', flags.logLevel, environment);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  let probes: Server | undefined;
  try {
    const { kubeconfig, context } = flags;
    const connection = await loadConnection({ kubeconfig, context, clock: environment.clock });
    const client = createApiClient({ ...connection, clock: environment.clock, random: environment.random, version });
    const controller = createController({
      client,
      environment,
      log,
      namespaces: flags.namespaces,
      lease: {
        namespace: flags.leaseNamespace ?? connection.namespace ?? 'quorate-system',
        name: flags.leaseName,
        identity: `${hostname()}-${randomBytes(4).toString('hex')}`,
      },
      workers: flags.workers,
      ...(hook && { hook }),
    });
    probes = await listen(probesOf(controller), flags);
    log.info({ server: connection.server, version }, 'controller starting');
    const ended = await controller.run(stopping.signal);
    log.info({ ended }, 'controller ended');
    client.close();
    return ended === 'released' ? 0 : 1;
  } catch (error) {
    log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'cannot run');
    return 1;
  } finally {
    probes?.close();
    probes?.closeAllConnections();
    await end();
  }
}

function probesOf(controller: Controller): Server {
  const { registry } = controller.metrics;
  return createProbes({
    metrics: { render: () => registry.metrics(), contentType: registry.contentType },
    notReady: () => (controller.isReady() ? undefined : 'caches are not filled'),
  });
}

function listen(server: Server, { bindAddress, metricsPort }: ControllerFlags): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(metricsPort, bindAddress, () => resolve(server));
  });
}
