import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { failure } from './answer.js';
import { keepRoom } from './room.js';

export interface TlsServerOptions {
  readonly listener: RequestListener;
  readonly maxConnections: number;
  /** A connection that was not taken, or broke before it spoke HTTP. */
  readonly refused: (reason: 'limit' | 'handshake' | 'protocol') => void;
}

export interface ServerPair {
  readonly cert: string;
  readonly key: string;
  /** When given, a caller must show a certificate of this authority. */
  readonly clientCa?: string | undefined;
}

export interface TlsServer {
  readonly server: Server;
  /** Takes a pair into use for the connections to come; those that are open live on. Throws when TLS cannot take it. */
  use(pair: ServerPair): void;
  /** The connection was opened under another pair than the one in use. */
  isFormer(socket: Socket): boolean;
}

/**
 * HTTP/1.1, which is all the API server speaks to webhooks. Its Go client keeps an idle connection for 90 s; a server that
 * ends it earlier (Node's default is 5 s) does so in the middle of a POST now and then, and that POST fails.
 */
const keepAliveTimeout = 120_000;
const headersTimeout = 125_000;

export function createTlsServer(options: TlsServerOptions, first: ServerPair): TlsServer {
  const { listener, maxConnections, refused } = options;
  // Whether callers are asked for a certificate is fixed at construction; who vouches for them is not.
  const asksCaller = first.clientCa !== undefined;
  const server = createServer(
    {
      ...contextOf(first),
      requestCert: asksCaller,
      rejectUnauthorized: asksCaller,
      handshakeTimeout: 10_000,
      keepAliveTimeout,
      headersTimeout,
      requestTimeout: headersTimeout,
      noDelay: true,
    },
    listener,
  );
  keepRoom(server, maxConnections);
  let generation = 0;
  const generations = new WeakMap<Socket, number>();
  server.on('secureConnection', (socket: TLSSocket) => generations.set(socket, generation));
  server.on('drop', () => refused('limit'));
  server.on('tlsClientError', () => refused('handshake'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refused('protocol');
    endPlainly(error, socket);
  });
  server.on('connect', (_request, socket) => {
    const body = failure(405, 'MethodNotAllowed', 'only POST is answered here');
    endWith(socket, message(405, 'Method Not Allowed', body));
  });
  return {
    server,
    use(pair) {
      // `ca` is repeated, or callers' certificates would be checked against the public authorities from here on.
      server.setSecureContext(contextOf(pair));
      generation++;
    },
    isFormer: (socket) => generations.get(socket) !== generation,
  };
}

function contextOf({ cert, key, clientCa }: ServerPair) {
  return { cert, key, minVersion: 'TLSv1.2' as const, ...(clientCa !== undefined && { ca: clientCa }) };
}

/** `end` alone closes our half: a caller that keeps its own half open would keep one of the connections for minutes. */
function endWith(socket: Duplex, text: string): void {
  socket.end(text, () => socket.destroy());
}

/** What Node answers by itself has no body. */
function endPlainly(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    endWith(
      socket,
      message(431, 'Request Header Fields Too Large', failure(431, 'BadRequest', 'the head is too large')),
    );
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    endWith(socket, message(408, 'Request Timeout', failure(408, 'Timeout', 'the head did not arrive in time')));
  } else {
    endWith(socket, message(400, 'Bad Request', failure(400, 'BadRequest', 'not HTTP/1.1')));
  }
}

function message(code: number, phrase: string, body: string): string {
  const head = [
    `HTTP/1.1 ${code} ${phrase}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
