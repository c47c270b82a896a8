import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The command that runs a sibling module as a process of its own: from its TypeScript source under tsx, or from the compiled output
 * when the caller itself is compiled. `here` is the caller's import.meta.url, `module` a path relative to it without its ending.
 */
export function nodeCommand(here: string, module: string): string[] {
  const isCompiled = here.endsWith('.js');
  const file = fileURLToPath(new URL(`${module}${isCompiled ? '.js' : '.ts'}`, here));
  return [process.execPath, ...(isCompiled ? [] : ['--import', 'tsx']), file];
}

/** Starts a command from the project's folder, which is where tsx and packages are found. */
export function start(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('empty command');
  return spawn(file, args, { cwd: root, ...options });
}

/** Asks a process to end, and ends it after `graceMs`. Resolves when it is gone. */
export async function end(child: ChildProcess, graceMs = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
