// A small client for the instance's API server: JSON requests and watches over one pool of connections. The product has a
// client of its own; this one exists so that what tests the product does not lean on it.
import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';

export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly path: string,
    message: string,
  ) {
    super(`${path}: ${status} ${message}`);
  }
}

export interface ApiOptions {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

export class Api {
  readonly #agent: Agent;
  readonly #server: URL;

  /** Takes file paths; the files are read once. */
  constructor(options: ApiOptions) {
    this.#server = new URL(options.server);
    const [ca, cert, key] = [options.ca, options.cert, options.key].map((path) => readFileSync(path));
    this.#agent = new Agent({ keepAlive: true, ca, cert, key });
  }

  #options(path: string, call: Call): RequestOptions {
    return {
      host: this.#server.hostname,
      port: this.#server.port,
      path,
      method: call.method ?? 'GET',
      agent: this.#agent,
      headers: { accept: 'application/json', 'content-type': call.contentType ?? 'application/json' },
      timeout: call.timeoutMs ?? 10_000,
    };
  }

  /** One request; the answer's body as text. Throws ApiError for a status of 400 and above. */
  text(path: string, call: Call = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#options(path, call), (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status < 400) resolve(text);
          else reject(new ApiError(status, path, reasonOf(text)));
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`${path}: no answer in time`)));
      sent.on('error', reject);
      sent.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    });
  }

  async json<T>(path: string, call: Call = {}): Promise<T> {
    return JSON.parse(await this.text(path, call)) as T;
  }

  /** Server-side apply of a whole object, forced. `path` is the object's own. */
  apply(path: string, object: unknown): Promise<unknown> {
    const query = '?fieldManager=localkube&force=true';
    return this.json(path + query, { method: 'PATCH', body: object, contentType: 'application/apply-patch+yaml' });
  }

  /** Deletes; an object that is not there is as good as deleted. */
  async remove(path: string): Promise<void> {
    await this.text(path, { method: 'DELETE' }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
  }

  /** Follows a collection from a resource version until the server or the network ends it. Throws when it cannot start. */
  watch<T>(path: string, resourceVersion: string, onEvent: (event: WatchEvent<T>) => void): Promise<void> {
    const query = `?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${resourceVersion}`;
    return new Promise((resolve, reject) => {
      // A server that was killed says no goodbye; the socket times out instead. Bookmarks come every minute.
      const sent = request(this.#options(path + query, { timeoutMs: 90_000 }), (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new ApiError(response.statusCode ?? 0, path, 'the watch was refused'));
          return;
        }
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent<T>);
        });
        response.on('close', resolve);
        response.on('error', resolve);
      });
      sent.on('timeout', () => sent.destroy(new Error('the watch fell silent')));
      sent.on('error', reject);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function reasonOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
