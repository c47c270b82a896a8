import { once } from 'node:events';
import { Agent, request as httpsRequest, type AgentOptions, type RequestOptions } from 'node:https';
import { get } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import type { Clock } from '../../../../api/environment.js';
import { environment } from '../../../../cmd/environment.js';
import type { JudgedKind } from '../../../../webhook/index.js';
import { runWebhook, type RunningWebhook, type WebhookOptions } from '../../../../webhook/index.js';
import { authority, type Authority, type Pair } from './certificates.js';
import { testKind } from './reviews.js';
import { secretFolder, type SecretFolder } from './secret-folder.js';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
  json(): unknown;
}

export interface TestWebhook {
  readonly running: RunningWebhook;
  readonly authority: Authority;
  readonly pair: Pair;
  readonly secret: SecretFolder;
  /** The log so far, a line each. */
  readonly log: Record<string, unknown>[];
  readonly rawLog: string[];
  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  call(options: RequestOptions, body?: string | Buffer): Promise<Answer>;
  /** A TLS connection on which anything can be said. */
  raw(): Promise<TLSSocket>;
  probe(path: string): Promise<Answer>;
  agent(options?: AgentOptions): Agent;
  end(): Promise<void>;
}

export interface Wishes extends Partial<WebhookOptions> {
  readonly kinds?: readonly JudgedKind[];
  /** Start without certificate files. */
  readonly bare?: boolean;
  /** Demand client certificates of this authority. */
  readonly callers?: Authority;
  readonly clock?: Clock;
}

/** The webhook in this process, on real sockets, with a certificate in a folder that looks like a mounted Secret. */
export async function startWebhook({
  kinds = [testKind],
  bare = false,
  callers,
  clock = environment.clock,
  ...wishes
}: Wishes = {}): Promise<TestWebhook> {
  const root = await authority();
  const pair = await root.issue();
  const secret = secretFolder();
  if (!bare) secret.swap({ 'tls.crt': pair.cert, 'tls.key': pair.key, ...(callers && { 'ca.crt': callers.cert }) });
  const rawLog: string[] = [];
  const running = await runWebhook(
    {
      files: { cert: secret.files.cert, key: secret.files.key, clientCa: callers && secret.files.clientCa },
      bindAddress: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      drainMs: 0,
      maxConnections: 100,
      version: 'test',
      ...wishes,
    },
    {
      clock,
      elapsed: () => performance.now(),
      log: pino({ level: 'debug' }, { write: (line: string) => void rawLog.push(line) }),
      kinds,
    },
  );
  const agents: Agent[] = [];
  const agent = (options: AgentOptions = {}): Agent => {
    agents.push(new Agent({ keepAlive: true, ca: root.cert, ...options }));
    return agents.at(-1) as Agent;
  };
  const end = async (): Promise<void> => {
    for (const each of agents) each.destroy();
    void running.stop();
    await running.stop();
    secret.remove();
  };
  if (!bare) await running.ready.catch((error: unknown) => end().then(() => Promise.reject(error as Error)));
  const usual = agent();
  const call = (options: RequestOptions, body?: string | Buffer): Promise<Answer> =>
    callWith({ host: '127.0.0.1', port: running.port(), agent: usual, ...options }, body);
  return {
    running,
    authority: root,
    pair,
    secret,
    rawLog,
    get log() {
      return rawLog.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    call,
    post(path, body, options = {}) {
      const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      return call({ method: 'POST', path, headers: { 'content-type': 'application/json' }, ...options }, text);
    },
    async raw() {
      const socket = connect({ host: '127.0.0.1', port: running.port(), ca: root.cert });
      socket.on('error', () => undefined);
      await once(socket, 'secureConnect');
      return socket;
    },
    probe: (path) => probe(running.metricsPort() as number, path),
    agent,
    end,
  };
}

function callWith(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answer(response.statusCode, response.headers, chunks)));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function probe(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(answer(response.statusCode, response.headers, chunks)));
    }).on('error', reject);
  });
}

function answer(status: number | undefined, headers: Answer['headers'], chunks: readonly Buffer[]): Answer {
  const body = Buffer.concat(chunks).toString('utf8');
  return { status: status ?? 0, headers, body, json: () => JSON.parse(body) as unknown };
}

/** All that comes on a connection until the other side ends it. */
export async function readToEnd(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  if (!socket.closed) await once(socket, 'close');
  return text;
}
