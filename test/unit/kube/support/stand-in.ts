import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createAuthority, issueLeaf } from '../../../../certs/index.js';
import { environment } from '../../../../cmd/environment.js';
import type { Connection } from '../../../../kube/index.js';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** Counted from 1: which connection it came on. */
  readonly connection: number;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export type Answer = (request: Received) => void;

/** A stand-in for the API server on real TLS sockets: answers what a test tells it to, and remembers what it was asked. */
export interface StandIn {
  readonly connection: Connection;
  readonly received: Received[];
  /** Connections accepted so far, and open now. */
  readonly accepted: number;
  readonly open: number;
  /** For requests without an answer of their own. */
  otherwise: Answer;
  /** Answers of the next requests, one each. */
  next(...answers: Answer[]): void;
  stop(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

export const failure = (code: number, reason: string, more: object = {}): Answer =>
  json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason, ...more });

/** A TCP reset instead of an answer. */
export const reset: Answer = ({ socket }) => {
  socket.destroy();
};

export const silence: Answer = () => undefined;

let identity: Promise<{ ca: string; cert: string; key: string }> | undefined;

async function makeIdentity(): Promise<{ ca: string; cert: string; key: string }> {
  const authority = await createAuthority({ commonName: 'stand-in', validityMs: 3_600_000 }, environment);
  const { certificate, key } = await issueLeaf(
    {
      authority,
      commonName: 'stand-in',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      usages: ['server'],
      validityMs: 3_600_000,
    },
    environment,
  );
  return { ca: authority.certificate, cert: certificate, key };
}

export async function standIn(): Promise<StandIn> {
  const { ca, cert, key } = await (identity ??= makeIdentity());
  const received: Received[] = [];
  const answers: Answer[] = [];
  const numbers = new Map<Socket, number>();
  const open = new Set<Socket>();
  const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => {
    void accept(request, response);
  });
  server.on('secureConnection', (socket: Socket) => {
    numbers.set(socket, numbers.size + 1);
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });

  async function accept(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(message.url ?? '/', 'https://stand-in');
    const request: Received = {
      method: message.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body: text === '' ? undefined : JSON.parse(text),
      connection: numbers.get(message.socket) ?? 0,
      response,
      socket: message.socket,
    };
    received.push(request);
    (answers.shift() ?? self.otherwise)(request);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: StandIn = {
    connection: { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, tls: { ca } },
    received,
    get accepted() {
      return numbers.size;
    },
    get open() {
      return open.size;
    },
    otherwise: json(200, {}),
    next: (...more) => void answers.push(...more),
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
