// The command line: words to a command, or a sentence that says what was wrong and what is allowed. Pure.
import { checkName, shapeOf, UsageError } from './shape.js';

export const defaultName = 'quorate';

export type NodeAction = 'stop' | 'start' | 'cut' | 'heal';
const nodeActions: readonly NodeAction[] = ['stop', 'start', 'cut', 'heal'];

export type Command =
  | { readonly verb: 'help' }
  | {
      readonly verb: 'up';
      readonly name: string;
      readonly nodes?: number;
      readonly controlPlaneOnly: boolean;
      readonly certManager?: boolean;
    }
  | { readonly verb: 'down' | 'status' | 'env'; readonly name: string }
  | { readonly verb: 'kubectl'; readonly name: string; readonly args: readonly string[] }
  | { readonly verb: 'load'; readonly name: string; readonly file: string }
  | { readonly verb: 'node'; readonly name: string; readonly action: NodeAction; readonly number: number }
  | { readonly verb: 'build'; readonly groups: readonly string[] }
  | { readonly verb: 'clean'; readonly cache: boolean; readonly names: readonly string[] };

export const usage = `localkube: a real Kubernetes in network namespaces of this machine

  up [--name NAME] [--nodes N] [--control-plane-only] [--cert-manager | --no-cert-manager]
                                   start an instance; one that crashed is repaired first
  down [--name NAME]               take it down, leaving nothing
  status [--name NAME]             what runs of it; exit code 1 when something does not
  kubectl [--name NAME] ARGS...    kubectl against it
  load IMAGE.tar [--name NAME]     an OCI or docker archive into every node
  node stop|start|cut|heal N [--name NAME]
                                   kill or start node N's kubelet and containerd; pull or plug its cable
  env [--name NAME]                print export KUBECONFIG=...
  build [GROUP...]                 fill the cache of binaries
  clean [NAME...] [--cache]        all instances and leftovers, or those of these names; with --cache the cached binaries too

NAME is ${defaultName} unless given; N is 3 unless given; cert-manager runs wherever nodes do, unless told otherwise.
`;

interface Parsed {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

type FlagKinds = Readonly<Record<string, 'value' | 'switch'>>;

/** The allowed word that `wrong` was most likely meant to be, by edit distance. */
export function nearest(wrong: string, allowed: readonly string[]): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
        next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
      }
      row = next;
    }
    return row[b.length] ?? 0;
  };
  return [...allowed].sort((a, b) => distance(wrong, a) - distance(wrong, b))[0] ?? '';
}

function mustBeOneOf(what: string, given: string, allowed: readonly string[]): never {
  throw new UsageError(
    `${what} ${JSON.stringify(given)}: must be one of ${allowed.join(', ')}; nearest valid value: ${nearest(given, allowed)}`,
  );
}

function split(argv: readonly string[], kinds: FlagKinds): Parsed {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const [flag = '', inline] = (argv[at] ?? '').split(/=(.*)/s);
    if (!flag.startsWith('-')) {
      words.push(argv[at] ?? '');
      continue;
    }
    const kind = kinds[flag];
    const allowed = Object.keys(kinds);
    if (kind === undefined && allowed.length === 0) throw new UsageError(`unknown flag ${flag}: this command has none`);
    if (kind === undefined) mustBeOneOf('unknown flag', flag, allowed);
    if (kind === 'switch' && inline !== undefined) throw new UsageError(`${flag}: takes no value`);
    const value = kind === 'switch' ? 'true' : (inline ?? argv[++at]);
    if (value === undefined) throw new UsageError(`${flag}: needs a value`);
    flags.set(flag, value);
  }
  return { words, flags };
}

function wordCount(verb: string, words: readonly string[], names: readonly string[]): void {
  if (words.length < names.length) throw new UsageError(`${verb}: needs ${names.slice(words.length).join(' and ')}`);
  if (words.length > names.length) throw new UsageError(`${verb}: unexpected ${JSON.stringify(words[names.length])}`);
}

function nameFrom({ flags }: Parsed): string {
  const name = flags.get('--name') ?? defaultName;
  checkName(name);
  return name;
}

const named: FlagKinds = { '--name': 'value' };

function parseUp(rest: readonly string[]): Command {
  const parsed = split(rest, {
    ...named,
    '--nodes': 'value',
    '--control-plane-only': 'switch',
    '--cert-manager': 'switch',
    '--no-cert-manager': 'switch',
  });
  wordCount('up', parsed.words, []);
  const { flags } = parsed;
  const controlPlaneOnly = flags.has('--control-plane-only');
  const nodes = flags.get('--nodes');
  if (nodes !== undefined && controlPlaneOnly) {
    throw new UsageError('--nodes: cannot go with --control-plane-only, which has no nodes; leave one of them out');
  }
  if (flags.has('--cert-manager') && flags.has('--no-cert-manager')) {
    throw new UsageError('--cert-manager: cannot go with --no-cert-manager; leave one of them out');
  }
  const certManager = flags.has('--cert-manager') ? true : flags.has('--no-cert-manager') ? false : undefined;
  const command = {
    name: nameFrom(parsed),
    controlPlaneOnly,
    ...(nodes === undefined ? {} : { nodes: Number(nodes.trim() === '' ? NaN : nodes) }),
    ...(certManager === undefined ? {} : { certManager }),
  };
  shapeOf(command);
  return { verb: 'up', ...command };
}

function parseNode(rest: readonly string[]): Command {
  const parsed = split(rest, named);
  wordCount('node', parsed.words, ['stop|start|cut|heal', 'N']);
  const [action = '', number = ''] = parsed.words;
  if (!nodeActions.some((each) => each === action)) mustBeOneOf('node', action, nodeActions);
  if (!/^[1-9]\d*$/.test(number))
    throw new UsageError(`node ${action} ${JSON.stringify(number)}: N must be a whole number from 1`);
  return { verb: 'node', name: nameFrom(parsed), action: action as NodeAction, number: Number(number) };
}

// Only a leading --name is ours: everything after it is kubectl's, flags included.
function parseKubectl(rest: readonly string[]): Command {
  const [first = '', second] = rest;
  const leading = first === '--name' ? rest.slice(0, 2) : first.startsWith('--name=') ? rest.slice(0, 1) : [];
  if (first === '--name' && second === undefined) throw new UsageError('--name: needs a value');
  return { verb: 'kubectl', name: nameFrom(split(leading, named)), args: rest.slice(leading.length) };
}

type Verb = Exclude<Command['verb'], 'help'>;

function parseNamed(verb: 'down' | 'status' | 'env', rest: readonly string[]): Command {
  const parsed = split(rest, named);
  wordCount(verb, parsed.words, []);
  return { verb, name: nameFrom(parsed) };
}

const parsers: Readonly<Record<Verb, (rest: readonly string[]) => Command>> = {
  up: parseUp,
  down: (rest) => parseNamed('down', rest),
  status: (rest) => parseNamed('status', rest),
  kubectl: parseKubectl,
  load: (rest) => {
    const parsed = split(rest, named);
    wordCount('load', parsed.words, ['IMAGE.tar']);
    return { verb: 'load', name: nameFrom(parsed), file: parsed.words[0] ?? '' };
  },
  node: parseNode,
  env: (rest) => parseNamed('env', rest),
  build: (rest) => ({ verb: 'build', groups: split(rest, {}).words }),
  clean: (rest) => {
    const parsed = split(rest, { '--cache': 'switch' });
    parsed.words.forEach(checkName);
    return { verb: 'clean', cache: parsed.flags.has('--cache'), names: parsed.words };
  },
};

const helpWords = ['help', '--help', '-h'];

/** Throws UsageError with a sentence for the user. */
export function parse(argv: readonly string[]): Command {
  const [given = 'help', ...rest] = argv;
  // kubectl has a help of its own.
  if (helpWords.includes(given)) return { verb: 'help' };
  if (given !== 'kubectl' && rest.some((word) => helpWords.slice(1).includes(word))) return { verb: 'help' };
  const verbs = Object.keys(parsers) as Verb[];
  const verb = verbs.find((each) => each === given);
  return verb === undefined ? mustBeOneOf('command', given, [...verbs, 'help']) : parsers[verb](rest);
}
