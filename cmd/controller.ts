import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { destination, pino, stdTimeFunctions } from 'pino';
import type { Environment } from '../api/environment.js';
import { createController, type Controller, type FaultHook } from '../controller/index.js';
import { createApiClient, loadConnection } from '../kube/index.js';

/** The package's version, put in by tools/bundle.mjs; absent when run from source. */
declare const QUORATE_VERSION: string | undefined;
const version = typeof QUORATE_VERSION === 'string' ? QUORATE_VERSION : 'source';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;

const usage = `Usage: quorate controller [OPTIONS]

Carries out accepted EtcdClusters: members, volumes, certificates, addresses, and every change of them.

  --kubeconfig FILE           instead of the pod's own service account (default KUBECONFIG, then ~/.kube/config)
  --context NAME              context of the kubeconfig
  --watch-namespace NAME      watch this namespace only; may be given several times (default all)
  --lease-namespace NAME      where the leader's Lease is (default the own namespace, else quorate-system)
  --lease-name NAME           name of the Lease (default quorate-controller)
  --bind-address ADDRESS      address to listen on (default all)
  --metrics-port PORT         /metrics, /livez and /readyz, in plain HTTP (default 8080; 0: any free port)
  --workers COUNT             clusters worked on at the same time, 1 to 64 (default 8)
  --log-level LEVEL           one of ${logLevels.join(', ')} (default info)
  --help                      this text
`;

interface ControllerFlags {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespaces: readonly string[];
  readonly leaseNamespace: string | undefined;
  readonly leaseName: string;
  readonly bindAddress: string | undefined;
  readonly metricsPort: number;
  readonly workers: number;
  readonly logLevel: (typeof logLevels)[number];
}

/** The controller role: runs until SIGTERM or SIGINT, or until its lease is lost (then exit code 1, to begin afresh). */
export async function main(argv: readonly string[], environment: Environment, hook?: FaultHook): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  let flags: ControllerFlags;
  try {
    flags = readFlags(argv);
  } catch (error) {
    process.stderr.write(
      `quorate controller: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}\nSee quorate controller --help.\n`,
    );
    return (process.exitCode = 2);
  }
  return (process.exitCode = await serve(flags, environment, hook));
}

function readFlags(argv: readonly string[]): ControllerFlags {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      kubeconfig: text,
      context: text,
      'watch-namespace': { type: 'string', multiple: true },
      'lease-namespace': text,
      'lease-name': text,
      'bind-address': text,
      'metrics-port': text,
      workers: text,
      'log-level': text,
    },
  });
  const level = values['log-level'] ?? 'info';
  const logLevel = logLevels.find((each) => each === level);
  if (!logLevel) throw new Error(`--log-level must be one of ${logLevels.join(', ')}, not "${level}"`);
  const namespaces = (values['watch-namespace'] ?? []).flatMap((each) => each.split(',')).map((each) => each.trim());
  const bad = namespaces.find((each) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(each));
  if (bad !== undefined)
    throw new Error(`--watch-namespace must be the name of a namespace (a DNS label), not "${bad}"`);
  return {
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespaces: [...new Set(namespaces)],
    leaseNamespace: values['lease-namespace'],
    leaseName: values['lease-name'] ?? 'quorate-controller',
    bindAddress: values['bind-address'],
    metricsPort: whole('--metrics-port', values['metrics-port'] ?? '8080', [0, 65_535]),
    workers: whole('--workers', values.workers ?? '8', [1, 64]),
    logLevel,
  };
}

function whole(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const nearest = Number.isNaN(number) ? least : Math.min(most, Math.max(least, number));
  throw new Error(`${flag} must be a whole number from ${least} to ${most}, not "${text}"; the nearest is ${nearest}`);
}

async function serve(flags: ControllerFlags, environment: Environment, hook: FaultHook | undefined): Promise<number> {
  const output = destination({ dest: 1, sync: false });
  const log = pino(
    {
      level: flags.logLevel,
      base: { role: 'controller' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
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
    probes = await listen(createProbes(controller), flags);
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
    output.flushSync();
  }
}

/** Metrics and probes, in plain HTTP: the kubelet and Prometheus bring no certificate. */
function createProbes(controller: Controller): Server {
  return createServer((request, response) => {
    const send = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'only GET is answered here\n');
    switch (request.url?.split('?', 1)[0]) {
      case '/livez':
        return send(200, 'ok\n');
      case '/readyz':
        return controller.isReady() ? send(200, 'ok\n') : send(503, 'caches are not filled\n');
      case '/metrics': {
        const { registry } = controller.metrics;
        return void registry.metrics().then(
          (text) => send(200, text, registry.contentType),
          () => send(500, 'metrics cannot be read\n'),
        );
      }
      default:
        return send(404, 'not found; there are /livez, /readyz and /metrics\n');
    }
  });
}

function listen(server: Server, { bindAddress, metricsPort }: ControllerFlags): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(metricsPort, bindAddress, () => resolve(server));
  });
}
