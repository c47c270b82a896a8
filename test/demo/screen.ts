/** What the demo shows: each command before it runs, and what it really answered. */
import type { Place } from '../support/place.js';

const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

export interface Answer {
  readonly code: number;
  readonly text: string;
}

export class Screen {
  private readonly began = performance.now();
  private step = 0;

  seconds(since = this.began): string {
    return `${((performance.now() - since) / 1000).toFixed(1)} s`;
  }

  title(text: string): void {
    const head = `${++this.step}. ${text}`;
    print(`\n${paint(1, head)} ${paint(2, `${'─'.repeat(Math.max(3, 100 - head.length))} ${this.seconds()}`)}`);
  }

  say(text: string): void {
    print(paint(36, text));
  }

  /** A line of something that goes on meanwhile. */
  progress(text: string): void {
    print(paint(2, `  ${this.seconds().padStart(8)}  ${text}`));
  }

  /** Shows a kubectl command, runs it, shows its answer; a failure is an answer like any other. */
  async kubectl(place: Place, args: readonly string[], stdin?: string): Promise<Answer> {
    const typed = ['kubectl', ...args.map(quoted)].join(' ');
    print(`\n${paint(33, '$')} ${typed}${stdin === undefined ? '' : ` <<'EOF'\n${stdin.trim()}\nEOF`}`);
    const { code, stdout, stderr } = await place.kubectl(args, stdin === undefined ? {} : { stdin });
    // Warnings first, as a terminal shows them.
    const text = `${stderr}${stdout}`.trimEnd();
    if (text !== '') print(text);
    return { code, text };
  }

  /** The same, where anything but success ends the demo. */
  async mustKubectl(place: Place, args: readonly string[], stdin?: string): Promise<string> {
    const { code, text } = await this.kubectl(place, args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with exit code ${code}`);
    return text;
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** As a shell would have to be given it. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
