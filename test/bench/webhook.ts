import { pause } from '../support/poll.js';
import { closedLoop, histogramQuantile, openLoop } from './webhook-load.js';
import { cpuMs, end, place, residentMB, scrape, type Place, type Server, type Step } from './webhook-processes.js';
import { reviews } from './webhook-reviews.js';
import { steps } from './webhook-steps.js';

const rounds = 5;
const rate = 500;
const histogram = 'quorate_webhook_request_duration_milliseconds';
const bodies = reviews();

interface Measured {
  readonly what: string;
  readonly values: readonly number[];
  readonly unit: string;
  readonly bar?: { readonly atMost: number } | { readonly atLeast: number };
}

/** Measures the bundled webhook under this Node beside a bare handler, in one run; gives a Markdown section. */
export async function run(): Promise<string> {
  const where = await place();
  try {
    const ready = await starts(where);
    const webhook = await where.webhook();
    const idle = await resident(webhook);
    const latency = await latencies(webhook);
    const throughput = await throughputs(where, webhook);
    const loaded = await resident(webhook);
    await end(webhook);
    return report([
      ...latency,
      ...throughput,
      { what: 'start to ready', values: ready, unit: 'ms', bar: { atMost: 1000 } },
      { what: 'RSS idle', values: idle, unit: 'MB', bar: { atMost: 120 } },
      { what: 'RSS after load', values: loaded, unit: 'MB', bar: { atMost: 260 } },
    ]);
  } finally {
    where.clear();
  }
}

async function starts(where: Place): Promise<number[]> {
  return repeated(async () => {
    const server = await where.webhook();
    await end(server);
    return server.readyMs;
  });
}

const resident = (server: Server): Promise<number[]> => repeated(() => pause(500).then(() => residentMB(server)));

async function latencies(webhook: Server): Promise<Measured[]> {
  // Until the code is compiled the figures tell of the compiler.
  await openLoop(webhook, bodies, { rate, seconds: 4 });
  const results = await repeated(async () => {
    const before = await scrape(webhook.metricsPort, '/metrics');
    const client = await openLoop(webhook, bodies, { rate, seconds: 8 });
    const after = await scrape(webhook.metricsPort, '/metrics');
    const server = (q: number) => histogramQuantile(q, before.body, after.body, histogram);
    const caller = (q: number) => client.latencies[Math.floor(client.latencies.length * q)] ?? Number.NaN;
    return { server50: server(0.5), server99: server(0.99), client50: caller(0.5), client99: caller(0.99), ...client };
  });
  const each = (pick: (result: (typeof results)[number]) => number): number[] => results.map(pick);
  const load = `open loop ${rate}/s`;
  return [
    { what: `${load}: p99, server side`, values: each((r) => r.server99), unit: 'ms', bar: { atMost: 10 } },
    { what: `${load}: p50, server side`, values: each((r) => r.server50), unit: 'ms' },
    { what: `${load}: p99, client side, from when it was due`, values: each((r) => r.client99), unit: 'ms' },
    { what: `${load}: p50, client side, from when it was due`, values: each((r) => r.client50), unit: 'ms' },
    { what: `${load}: answered`, values: each((r) => r.achieved), unit: 'requests/s' },
    { what: `${load}: failed requests`, values: each((r) => r.failed), unit: '', bar: { atMost: 0 } },
  ];
}

/** What each server gets answered a second and what a request costs it, one after the other in each round. */
async function throughputs(where: Place, webhook: Server): Promise<Measured[]> {
  const servers: Record<string, Server> = { ours: webhook };
  for (const step of Object.keys(steps) as Step[]) servers[step] = await where.bare(step);
  const round = async (): Promise<Readonly<Record<string, Throughput>>> => {
    const results: Record<string, Throughput> = {};
    for (const [name, server] of Object.entries(servers)) results[name] = await throughput(server);
    return results;
  };
  await round();
  const rows = await repeated(round);
  const rate = (name: string): number[] => rows.map((row) => row[name]?.rate ?? Number.NaN);
  const ratio = (name: string): number[] => rows.map((row) => (row.ours?.rate ?? 0) / (row[name]?.rate ?? 0));
  const cpu = (what: string, name: string): Measured => ({
    what: `CPU time a request: ${what}`,
    values: rows.map((row) => row[name]?.cpu ?? Number.NaN),
    unit: 'ms',
  });
  const bar = { atLeast: 0.5 };
  return [
    { what: 'throughput, 16 connections', values: rate('ours'), unit: 'requests/s' },
    { what: 'throughput of a bare node:https handler', values: rate('bare'), unit: 'requests/s' },
    { what: 'throughput of one that validates by the schema', values: rate('validating'), unit: 'requests/s' },
    { what: 'ratio to the bare handler', values: ratio('bare'), unit: '×', bar },
    { what: 'ratio to the one that validates', values: ratio('validating'), unit: '×' },
    cpu('the bare handler', 'bare'),
    cpu('the one that validates', 'validating'),
    cpu('bare, with our reading of a body from anyone', 'guarded'),
    cpu('that, and our judgement', 'judging'),
    cpu('that, and our metrics and log line', 'recording'),
    cpu('ours, with routes, limits and time limits', 'ours'),
  ];
}

interface Throughput {
  readonly rate: number;
  readonly cpu: number;
}

async function throughput(server: Server): Promise<Throughput> {
  const before = cpuMs(server);
  const { rate: answered, total } = await closedLoop(server, bodies);
  return { rate: answered, cpu: (cpuMs(server) - before) / total };
}

async function repeated<T>(measure: () => Promise<T>): Promise<T[]> {
  const values: T[] = [];
  for (let round = 0; round < rounds; round++) values.push(await measure());
  return values;
}

function report(measured: readonly Measured[]): string {
  const rows = measured.map(({ what, values, unit, bar }) => {
    const [median, least, most] = [middle(values), Math.min(...values), Math.max(...values)].map(shown);
    return `| ${what} | ${median} ${unit} | ${least} – ${most} | ${barOf(middle(values), bar)} |`;
  });
  return [
    `## Webhook (Node ${process.version}, ${rounds} rounds, reviews of 10 KB)`,
    '',
    '| | median | min – max | bar |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function barOf(value: number, bar: Measured['bar']): string {
  if (bar === undefined) return '';
  const isMet = 'atMost' in bar ? value <= bar.atMost : value >= bar.atLeast;
  return `${'atMost' in bar ? `≤ ${bar.atMost}` : `≥ ${bar.atLeast}`} ${isMet ? 'met' : '**missed**'}`;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
