import type { Environment } from '../api/environment.js';
import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

export interface Log {
  readonly log: Logger;
  /** Resolves when every line is written, in its order; nothing is logged after it. */
  readonly end: () => Promise<void>;
}

/** A reader that has stopped reading must not keep the process. */
const patienceMs = 2_000;

/** JSON lines on stdout, written in the background: a slow reader must not make the API server, or a cluster, wait. */
export function openLog(role: 'webhook' | 'controller', level: string, { clock }: Environment): Log {
  const output = destination({ dest: 1, sync: false });
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: { role }, timestamp: stdTimeFunctions.isoTime, formatters }, output);
  return {
    log,
    // Not flushSync: it overtakes a line that is just being written, and the last line is then not the last.
    end: () =>
      new Promise((done) => {
        const cancel = clock.after(patienceMs, done);
        output.once('close', () => {
          cancel();
          done();
        });
        output.end();
      }),
  };
}
