// Running other programs: one function that collects, one that must succeed. Nothing here knows what it runs.
import { spawn } from 'node:child_process';

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** After so many milliseconds the program is killed and the code is 124, as timeout(1) has it. */
  readonly timeoutMs?: number;
  /** Aborting ends the program with SIGTERM. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program to its end. Never throws for its exit code; 127 when it does not exist, 128+ when a signal ended it. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('run: empty argv');
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    const finish = (code: number, extra = ''): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + extra });
    };
    const abort = (): void => void child.kill('SIGTERM');
    options.signal?.addEventListener('abort', abort, { once: true });
    child.on('error', (error) => {
      finish(127, error.message);
    });
    child.on('close', (code, signal) => {
      if (timedOut) finish(124, `${file}: killed after ${options.timeoutMs ?? 0} ms\n`);
      else finish(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15));
    });
    // A program that exits before it has read its input closes the pipe; its exit code says more than EPIPE would.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.stdin);
  });
}

/** As run, but a failure is thrown with the command line and the end of what it said. Gives standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().split('\n').slice(-8).join('\n');
  throw new Error(`${argv.join(' ')} failed (exit ${result.code}): ${said}`);
}
