import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../api/environment.js';
import { createAgents } from './agents.js';
import type { Connection } from './connection.js';
import { ApiError } from './errors.js';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has come. Deadline and signal stay in force until its body has ended or `close` was called. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks of the body; throws ApiError when it breaks off. */
  body(): AsyncIterable<Buffer>;
  /** The deadline counts no more (a watch is open). */
  lift(): void;
  /** Ends the exchange, whatever it is doing, with this reason. */
  close(reason: string): void;
}

export interface Transport {
  send(request: WireRequest): Promise<WireResponse>;
  close(): void;
}

/** A kept-alive connection that the server had closed already. */
class StaleConnection extends ApiError {}

/** Sends requests over kept-alive TLS connections; repeats none but a GET that met a stale connection, once, on a new one. */
export function createTransport(connection: Connection & { readonly clock: Clock }): Transport {
  const server = new URL(connection.server);
  if (server.protocol !== 'https:') throw new TypeError(`the API server's address must be https: ${connection.server}`);
  const { tls, clock } = connection;
  const agents = createAgents();
  const target = {
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? 443 : Number(server.port),
    prefix: server.pathname.replace(/\/$/, ''),
  };
  return {
    async send(wire) {
      const material = typeof tls === 'function' ? await tls() : tls;
      const options = (agent: ReturnType<typeof agents.shared>) => ({
        agent,
        host: target.host,
        port: target.port,
        method: wire.method,
        path: target.prefix + wire.path,
        headers: wire.headers,
      });
      try {
        return await exchange(options(agents.shared(material)), wire, clock);
      } catch (error) {
        if (!(error instanceof StaleConnection) || wire.method !== 'GET') throw error;
        return exchange(options(agents.fresh(material)), wire, clock);
      }
    },
    close: () => agents.close(),
  };
}

function exchange(options: object, wire: WireRequest, clock: Clock): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    if (wire.signal?.aborted) {
      reject(new ApiError({ status: 0, reason: 'Aborted', message: `${wire.method} ${wire.path}: aborted` }));
      return;
    }
    let sent = false;
    let reason = 'Connection';
    const request = httpsRequest(options);
    const close = (why: string): void => {
      if (!request.destroyed) reason = why;
      request.destroy();
    };
    const onAbort = (): void => close('Aborted');
    const lift = clock.after(wire.deadlineMs, () => close('Timeout'));
    const finish = (): void => {
      lift();
      wire.signal?.removeEventListener('abort', onAbort);
    };
    const failure = (cause: unknown): ApiError => {
      const isStale = request.reusedSocket && reason === 'Connection';
      const details = { status: 0, reason, cause, isAmbiguous: sent && wire.method !== 'GET' };
      const message = `${wire.method} ${wire.path}: ${describe(reason, cause)}`;
      return isStale ? new StaleConnection({ ...details, message }) : new ApiError({ ...details, message });
    };
    wire.signal?.addEventListener('abort', onAbort, { once: true });
    request.once('socket', (socket) => {
      // Until TLS is up nothing of the request has left; afterwards the server may have acted on it.
      if (socket.connecting) socket.once('secureConnect', () => (sent = true));
      else sent = true;
    });
    request.once('close', finish);
    request.once('error', (cause) => {
      finish();
      reject(failure(cause));
    });
    request.once('response', (message) => {
      message.on('error', () => undefined); // told by body(); unheard, it would end the process
      resolve({
        status: message.statusCode ?? 0,
        headers: flatten(message),
        body: () => chunks(message, failure),
        lift,
        close,
      });
    });
    request.end(wire.body);
  });
}

async function* chunks(message: IncomingMessage, failure: (cause: unknown) => ApiError): AsyncIterable<Buffer> {
  try {
    for await (const chunk of message) yield chunk as Buffer;
  } catch (cause) {
    throw failure(cause);
  }
}

function flatten(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = [value].flat().join(', ');
  return headers;
}

function describe(reason: string, cause: unknown): string {
  if (reason === 'Timeout') return 'no answer in time';
  if (reason === 'Aborted') return 'aborted';
  const { code, message } = cause as { code?: string; message?: string };
  return message ?? code ?? reason;
}
