import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { WebhookOptions } from './run.js';

export interface WebhookFlags extends Omit<WebhookOptions, 'version'> {
  readonly logLevel: LogLevel;
}

export type ReadFlags =
  | { readonly type: 'flags'; readonly flags: WebhookFlags }
  | { readonly type: 'help' }
  | { readonly type: 'mistake'; readonly message: string };

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug'] as const;
type LogLevel = (typeof logLevels)[number];

interface Flag {
  readonly value: string;
  readonly default: string | undefined;
  readonly help: string;
}

// One list: parsing, help, and the nearest valid name all come from it.
const flags = {
  'cert-file': { value: 'FILE', default: '/etc/quorate/webhook-tls/tls.crt', help: 'serving certificate, PEM' },
  'key-file': { value: 'FILE', default: '/etc/quorate/webhook-tls/tls.key', help: 'its private key, PEM' },
  'client-ca-file': {
    value: 'FILE',
    default: undefined,
    help: 'demand a client certificate of this authority from every caller of a webhook',
  },
  'bind-address': { value: 'ADDRESS', default: undefined, help: 'address to listen on (default all)' },
  port: { value: 'PORT', default: '9443', help: 'reviews, over TLS' },
  'metrics-port': { value: 'PORT', default: '8080', help: '/metrics, /livez and /readyz, in plain HTTP' },
  'drain-seconds': { value: 'SECONDS', default: '10', help: 'go on answering this long after SIGTERM, not ready' },
  'max-connections': {
    value: 'COUNT',
    default: '1024',
    help: 'TLS connections open at a time; nearly there, those silent for longest end',
  },
  'log-level': { value: 'LEVEL', default: 'info', help: `one of ${logLevels.join(', ')}` },
} as const satisfies Record<string, Flag>;

type FlagName = keyof typeof flags;
type Values = Partial<Record<FlagName, string>>;

export const usage = `Usage: quorate webhook [OPTIONS]

Judges EtcdClusters as the API server asks. The certificate files may change at any time: a new pair is taken when it can
serve, and refused (told in log and metrics) while the old one serves on when it cannot.

${Object.entries(flags)
  .map(([name, flag]: [string, Flag]) => {
    const suffix = flag.default === undefined ? '' : ` (default ${flag.default})`;
    return `  ${`--${name} ${flag.value}`.padEnd(28)}${flag.help}${suffix}`;
  })
  .join('\n')}
  --help                      this text
`;

/** Reads the role's own arguments. A mistake names the flag, what it takes and the nearest valid value. */
export function readFlags(argv: readonly string[]): ReadFlags {
  if (argv.includes('--help') || argv.includes('-h')) return { type: 'help' };
  const unknown = argv.map(nameOf).find((name) => name !== undefined && !Object.hasOwn(flags, name));
  if (unknown !== undefined)
    return mistake(`no flag --${unknown}; did you mean --${nearest(unknown, Object.keys(flags))}?`);
  try {
    return flagsFrom(parse(argv));
  } catch (error) {
    return mistake(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
  }
}

function flagsFrom(given: Values): ReadFlags {
  const value = (name: FlagName): string => given[name] ?? flags[name].default ?? '';
  const logLevel = value('log-level');
  if (!isLogLevel(logLevel)) {
    const near = nearest(logLevel, logLevels);
    return mistake(`--log-level must be one of ${logLevels.join(', ')}; the nearest to "${logLevel}" is ${near}`);
  }
  return {
    type: 'flags',
    flags: {
      files: { cert: path('cert-file', value), key: path('key-file', value), clientCa: given['client-ca-file'] },
      bindAddress: given['bind-address'],
      port: whole('port', value, 0, 65_535),
      metricsPort: whole('metrics-port', value, 0, 65_535),
      drainMs: whole('drain-seconds', value, 0, 600) * 1000,
      maxConnections: whole('max-connections', value, 1, 65_535),
      logLevel,
    },
  };
}

function parse(argv: readonly string[]): Values {
  const options: ParseArgsConfig['options'] = {};
  for (const name of Object.keys(flags)) options[name] = { type: 'string' };
  return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
}

function path(name: FlagName, value: (name: FlagName) => string): string {
  if (value(name) === '') throw new Error(`--${name} must name a file; the default is ${flags[name].default}`);
  return value(name);
}

function whole(name: FlagName, value: (name: FlagName) => string, least: number, most: number): number {
  const text = value(name).trim();
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  const near = Number.isNaN(number) ? flags[name].default : Math.min(most, Math.max(least, Math.round(number)));
  throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${text}"; nearest valid: ${near}`);
}

function nameOf(argument: string): string | undefined {
  return argument.startsWith('--') && argument.length > 2 ? argument.slice(2).split('=', 1)[0] : undefined;
}

function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text);
}

function mistake(message: string): ReadFlags {
  return { type: 'mistake', message };
}

function nearest(text: string, candidates: readonly string[]): string {
  const ranked = candidates.map((name) => ({ name, distance: editDistance(text, name) }));
  return ranked.reduce((best, next) => (next.distance < best.distance ? next : best)).name;
}

/** Levenshtein; both texts are short. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
