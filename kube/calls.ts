import * as names from '../api/names.js';
import type { ApiClientOptions, RawRequest, RawResponse } from './client.js';
import { ApiError } from './errors.js';
import { errorOf } from './status.js';
import { createTransport, type WireResponse } from './transport.js';

const defaultDeadlineMs = 10_000;

/** Requests with our headers on them, told to the observer. */
export interface Calls {
  /** Resolves whatever the status is. */
  raw(request: RawRequest): Promise<RawResponse>;
  /** The body of a 2xx; any other status throws. */
  json<T>(request: RawRequest): Promise<T>;
  /** A 2xx whose body is still to come and has no deadline. */
  open(request: RawRequest): Promise<WireResponse>;
  close(): void;
}

export function createCalls(options: ApiClientOptions): Calls {
  const { clock, tokenSource } = options;
  const transport = createTransport(options);
  const userAgent = `${names.fieldManager}/${options.version ?? 'dev'}`;

  async function send(request: RawRequest): Promise<WireResponse> {
    const token = await tokenSource?.token();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...options.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && contentHeaders(request, body)),
      ...request.headers,
    };
    const deadlineMs = request.deadlineMs ?? options.deadlineMs ?? defaultDeadlineMs;
    const response = await transport.send({ ...request, headers, body, deadlineMs });
    if (response.status === 401) tokenSource?.invalidate?.();
    return response;
  }

  async function observed<R>(request: RawRequest, read: (response: WireResponse) => Promise<R>): Promise<R> {
    const startedAt = clock.now();
    const told = { status: 0, isAmbiguous: false, auditId: undefined as string | undefined };
    try {
      const response = await send(request);
      told.status = response.status;
      told.auditId = response.headers['audit-id'];
      told.isAmbiguous = request.method !== 'GET' && response.status >= 500;
      return await read(response);
    } catch (error) {
      told.isAmbiguous = error instanceof ApiError && error.isAmbiguous;
      throw error;
    } finally {
      const { method, path, headers = {} } = request;
      options.onExchange?.({ method, path, headers, ...told, durationMs: clock.now() - startedAt });
    }
  }

  const raw = (request: RawRequest): Promise<RawResponse> => observed(request, whole);

  return {
    raw,
    async json<T>(request: RawRequest): Promise<T> {
      const answer = await raw(request);
      if (!isSuccess(answer.status)) throw failed(request, answer);
      try {
        return JSON.parse(answer.text) as T;
      } catch (cause) {
        const message = `${nameOf(request)}: the answer is not JSON`;
        throw new ApiError({ status: 0, reason: 'Garbled', message, isAmbiguous: request.method !== 'GET', cause });
      }
    },
    open: (request) =>
      observed(request, async (response) => {
        if (!isSuccess(response.status)) throw failed(request, await whole(response));
        response.lift();
        return response;
      }),
    close: () => transport.close(),
  };
}

const contentHeaders = ({ contentType = 'application/json' }: RawRequest, body: string): Record<string, string> => ({
  'content-type': contentType,
  'content-length': String(Buffer.byteLength(body)),
});

async function whole(response: WireResponse): Promise<RawResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body()) chunks.push(chunk);
  return { status: response.status, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/** Without the query: it says nothing to whoever reads the message. */
const nameOf = (request: RawRequest): string => `${request.method} ${request.path.replace(/\?.*/, '')}`;

function failed(request: RawRequest, answer: RawResponse): ApiError {
  return errorOf({
    what: nameOf(request),
    status: answer.status,
    body: answer.text,
    retryAfter: answer.headers['retry-after'],
    isWrite: request.method !== 'GET',
  });
}
