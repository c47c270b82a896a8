/**
 * The controller as it ships, with a hook at its effects: `--effects FILE [--die before:17] -- OPTIONS OF THE CONTROLLER`. Nothing else of
 * it is changed.
 */
import { parseArgs } from 'node:util';
import { main } from '../../cmd/controller.js';
import { environment } from '../../cmd/environment.js';
import { parseFault } from './fault.js';
import { createFaultHook } from './hook.js';

const [own, rest] = split(process.argv.slice(2));
const { values } = parseArgs({ args: own, options: { effects: { type: 'string' }, die: { type: 'string' } } });
if (values.effects === undefined) throw new Error('--effects FILE is needed');
const fault = values.die === undefined ? undefined : parseFault(values.die);
const die = (): void => void process.kill(process.pid, 'SIGKILL');
void main(rest, environment, createFaultHook({ log: values.effects, fault, die }));

function split(args: string[]): [string[], string[]] {
  const at = args.indexOf('--');
  return at === -1 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
}
