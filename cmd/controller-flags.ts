import { parseArgs } from 'node:util';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;

export const usage = `Usage: quorate controller [OPTIONS]

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

export interface ControllerFlags {
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

export type ReadFlags =
  | { readonly type: 'flags'; readonly flags: ControllerFlags }
  | { readonly type: 'help' }
  | { readonly type: 'mistake'; readonly message: string };

/** Reads the role's own arguments. A mistake names the flag and what it takes. */
export function readFlags(argv: readonly string[]): ReadFlags {
  if (argv.includes('--help') || argv.includes('-h')) return { type: 'help' };
  try {
    return { type: 'flags', flags: parse(argv) };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    return { type: 'mistake', message };
  }
}

function parse(argv: readonly string[]): ControllerFlags {
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
  const given = (values['watch-namespace'] ?? []).flatMap((each) => each.split(',')).map((each) => each.trim());
  const namespaces = given.map((each) => named('--watch-namespace', each, namespace));
  const leaseNamespace = values['lease-namespace'];
  return {
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespaces: [...new Set(namespaces)],
    leaseNamespace: leaseNamespace === undefined ? undefined : named('--lease-namespace', leaseNamespace, namespace),
    leaseName: named('--lease-name', values['lease-name'] ?? 'quorate-controller', lease),
    bindAddress: values['bind-address'],
    metricsPort: whole('--metrics-port', values['metrics-port'], { least: 0, most: 65_535, usual: 8080 }),
    workers: whole('--workers', values.workers, { least: 1, most: 64, usual: 8 }),
    logLevel,
  };
}

interface Name {
  readonly form: RegExp;
  readonly what: string;
}

const namespace: Name = { form: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, what: 'a namespace (a DNS label)' };
const lease: Name = { form: /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, what: 'a Lease (a DNS subdomain)' };

function named(flag: string, text: string, { form, what }: Name): string {
  if (form.test(text)) return text;
  throw new Error(`${flag} must be the name of ${what}, not "${text}"`);
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

function whole(flag: string, given: string | undefined, { least, most, usual }: Range): number {
  const text = given ?? String(usual);
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  const near = Math.min(most, Math.max(least, Math.round(number)));
  const hint = Number.isNaN(near) ? `the default is ${usual}` : `the nearest is ${near}`;
  throw new Error(`${flag} must be a whole number from ${least} to ${most}, not "${text}"; ${hint}`);
}
