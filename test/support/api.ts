import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export interface ApiAccess {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export class ApiFailure extends Error {
  readonly code = 'API';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Patch = 'strategic-merge-patch' | 'merge-patch';

/**
 * Calls to the API server over kept-alive connections. The product's own client is not used: what tests the product, or stands in for
 * a kubelet, must not share its faults.
 */
export class Api {
  /** Few connections, kept: a burst waits less for its turn on one than for the handshakes of many. Watches keep theirs to themselves. */
  private readonly calls: Agent;
  private readonly watches: Agent;

  constructor(private readonly access: ApiAccess) {
    const { ca, cert, key } = access;
    this.calls = new Agent({ keepAlive: true, ca, cert, key, maxSockets: 8, maxFreeSockets: 8 });
    this.watches = new Agent({ keepAlive: true, ca, cert, key });
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.call<T>('POST', path, body, 'application/json');
  }

  patch<T>(path: string, body: object, kind: Patch = 'merge-patch'): Promise<T> {
    return this.call<T>('PATCH', path, body, `application/${kind}+json`);
  }

  delete(path: string, body: object = {}): Promise<unknown> {
    return this.call('DELETE', path, body, 'application/json');
  }

  /** As get, and undefined where there is none. */
  async find<T>(path: string): Promise<T | undefined> {
    return absent(() => this.get<T>(path));
  }

  /** Events of a watch, until the server ends it or the signal aborts; a connection that breaks throws. */
  async *watch(path: string, signal: AbortSignal): AsyncIterable<{ type: string; object: unknown }> {
    const response = await this.send('GET', path, { signal });
    if (response.statusCode !== 200) throw new ApiFailure(response.statusCode ?? 0, await text(response));
    for await (const line of createInterface({ input: response })) {
      if (line !== '') yield JSON.parse(line) as { type: string; object: unknown };
    }
  }

  close(): void {
    this.calls.destroy();
    this.watches.destroy();
  }

  private async call<T>(method: string, path: string, body?: object, type?: string): Promise<T> {
    const response = await this.send(method, path, { body, type });
    const answer = await text(response);
    const status = response.statusCode ?? 0;
    if (status >= 300) throw new ApiFailure(status, `${method} ${path}: ${status} ${messageOf(answer)}`);
    return JSON.parse(answer) as T;
  }

  private send(
    method: string,
    path: string,
    { body, type, signal }: { body?: object | undefined; type?: string | undefined; signal?: AbortSignal },
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = {
        accept: 'application/json',
        ...(type === undefined ? {} : { 'content-type': type }),
        // Without it, Node sends a DELETE's body unannounced, and the server takes it for the next request.
        ...(content === undefined ? {} : { 'content-length': content.length }),
      };
      const sent = request(new URL(path, this.access.server), {
        method,
        headers,
        agent: signal === undefined ? this.calls : this.watches,
        ...(signal === undefined ? { timeout: 20_000 } : { signal }),
      });
      sent.on('response', resolve);
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.on('error', reject);
      sent.end(content);
    });
  }
}

function messageOf(answer: string): string {
  try {
    return (JSON.parse(answer) as { message?: string }).message ?? answer;
  } catch {
    return answer;
  }
}

/** Runs a call and gives undefined where it says "not found", or "another object by now" (a uid precondition). */
export async function absent<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ApiFailure && (error.status === 404 || error.status === 409)) return undefined;
    throw error;
  }
}
