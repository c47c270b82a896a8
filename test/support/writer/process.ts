/**
 * Puts a key of its own every interval, whether or not the last one was answered (open loop), and logs how each went. Nothing is
 * repeated. Reads its configuration from stdin; ends on SIGTERM, or with the process that started it, after the last answer.
 */
import { appendFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Attempt } from '../history.js';
import { Reconnecting } from './connection.js';
import type { WriterConfig } from './protocol.js';

const config = JSON.parse(await text(process.stdin)) as WriterConfig;
const connection = new Reconnecting(config, config.deadlineMs);
const inFlight = new Set<Promise<void>>();
const now = (): number => performance.timeOrigin + performance.now();
const hex = (id: string): string => BigInt(id).toString(16).padStart(16, '0');

async function put(seq: number): Promise<void> {
  const client = connection.current;
  const key = `${config.prefix}${String(seq).padStart(8, '0')}`;
  const value = `value-${seq}`;
  const sent = now();
  const tell = (rest: Pick<Attempt, 'outcome' | 'revision' | 'cluster' | 'error'>): void =>
    appendFileSync(config.log, JSON.stringify({ seq, key, value, sent, answered: now(), ...rest }) + '\n');
  try {
    const { header } = await client.put(key).value(value).exec();
    tell({ outcome: 'ok', revision: Number(header.revision), cluster: hex(header.cluster_id) });
  } catch (error) {
    tell({ outcome: 'error', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    connection.failed(client);
  }
}

const began = performance.now();
let seq = 0;
// The clock decides how many are due, not the number of ticks: a late tick sends all that it missed, so that load never hides a gap.
const ticks = setInterval(() => {
  const due = Math.floor((performance.now() - began) / config.intervalMs);
  while (seq < due) {
    const running = put(seq++);
    inFlight.add(running);
    void running.finally(() => inFlight.delete(running));
  }
}, config.intervalMs);

let isEnding = false;
async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  clearInterval(ticks);
  await Promise.all(inFlight);
  connection.close();
  process.exit(0);
}
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => undefined);
process.on('disconnect', () => void end());
process.send?.('writing');
