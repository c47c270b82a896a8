import { Agent, request } from 'node:https';
import type { Body } from './webhook-reviews.js';

export interface Target {
  readonly port: number;
  readonly ca: string;
}

export interface OpenLoopResult {
  readonly sent: number;
  readonly failed: number;
  /** Milliseconds from the moment a request was due (not from when it was sent), sorted. */
  readonly latencies: readonly number[];
  readonly achieved: number;
}

/**
 * Sends `rate` requests a second whether or not answers come: a server that stalls meets a queue, as it would in life, and its
 * stall is in the figures.
 */
export async function openLoop(
  target: Target,
  bodies: readonly Body[],
  { rate, seconds }: { rate: number; seconds: number },
): Promise<OpenLoopResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: target.ca });
  const total = rate * seconds;
  const latencies: number[] = [];
  let [sent, failed] = [0, 0];
  const began = performance.now();
  const answers: Promise<void>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
      for (; sent < due; sent++) {
        const dueAt = began + (sent / rate) * 1000;
        const body = bodies[sent % bodies.length] as Body;
        const answer = post(target, agent, body).then(
          () => void latencies.push(performance.now() - dueAt),
          () => void failed++,
        );
        answers.push(answer);
      }
      if (sent < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(answers);
  const took = (performance.now() - began) / 1000;
  agent.destroy();
  return { sent, failed, latencies: latencies.sort((a, b) => a - b), achieved: latencies.length / took };
}

function post({ port }: Target, agent: Agent, { path, text }: Body): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

interface Autocannon {
  (options: object): Promise<{ errors: number; non2xx: number; duration: number; requests: { total: number } }>;
}

/** Requests a second that 16 kept-alive connections get answered, each sending the next as soon as it has an answer. */
export async function closedLoop(
  { port, ca }: Target,
  bodies: readonly Body[],
): Promise<{ readonly rate: number; readonly total: number }> {
  // It brings no types: a name that is only known at run time asks for none.
  const library: string = 'autocannon';
  const { default: autocannon } = (await import(library)) as { default: Autocannon };
  const result = await autocannon({
    url: `https://127.0.0.1:${port}`,
    connections: 16,
    duration: 5,
    requests: bodies.map(({ path, text }) => ({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: text,
    })),
    tlsOptions: { ca },
  });
  if (result.errors + result.non2xx > 0) throw new Error(`${result.errors} errors, ${result.non2xx} other than 2xx`);
  const { total } = result.requests;
  return { rate: total / result.duration, total };
}

/** The q-quantile in milliseconds of what a histogram gained between two scrapes, as Prometheus interpolates it. */
export function histogramQuantile(q: number, before: string, after: string, name: string): number {
  const counts = new Map<number, number>();
  for (const [text, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    for (const [, bound = '', count] of text.matchAll(
      new RegExp(`^${name}_bucket\\{.*?le="([^"]+)".*?\\} (\\d+)`, 'gm'),
    )) {
      const le = bound === '+Inf' ? Infinity : Number(bound);
      counts.set(le, (counts.get(le) ?? 0) + sign * Number(count));
    }
  }
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const rank = q * (buckets.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= rank)
      return bound === Infinity ? lower : lower + ((bound - lower) * (rank - below)) / (count - below || 1);
    [lower, below] = [bound, count];
  }
  return Number.NaN;
}
