import type { IncomingMessage } from 'node:http';
import type { Clock } from '../api/environment.js';

/** etcd's own limit on a request is 1.5 MB; a review carries the object twice. */
export const maxBodyBytes = 3 * 1024 * 1024;
export const bodyTimeoutMs = 5_000;
// A caller that is still sending when the answer comes sees a reset instead of the answer: some of an oversized body is read and thrown away.
const maxDiscardedBytes = 32 * 1024 * 1024;

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly code: number; readonly reason: string; readonly message: string };

const tooLarge: Body = {
  ok: false,
  code: 413,
  reason: 'RequestEntityTooLarge',
  message: `the body must be at most ${maxBodyBytes} bytes`,
};
const tooSlow: Body = {
  ok: false,
  code: 408,
  reason: 'Timeout',
  message: `the body must arrive within ${bodyTimeoutMs / 1000} seconds`,
};
const brokenOff: Body = { ok: false, code: 400, reason: 'BadRequest', message: 'the body broke off' };

/**
 * The whole body, bounded in size and time. Not by `server.requestTimeout`: Node takes the smaller of that and
 * `headersTimeout` for the headers, which would end kept-alive connections that have not sent a byte yet.
 */
export function readBody(request: IncomingMessage, clock: Clock): Promise<Body> {
  const unfit = unfitHeaders(request);
  if (unfit !== undefined) return Promise.resolve(unfit);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (body: Body): void => {
      cancel();
      resolve(body);
    };
    const cancel = clock.after(bodyTimeoutMs, () => done(size > maxBodyBytes ? tooLarge : tooSlow));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > maxDiscardedBytes) done(tooLarge);
    });
    request.on('end', () => done(size > maxBodyBytes ? tooLarge : { ok: true, bytes: joined(chunks) }));
    request.on('error', () => done(brokenOff));
    request.on('close', () => done(brokenOff));
  });
}

function unfitHeaders(request: IncomingMessage): Body | undefined {
  const { 'content-length': length, 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  if (Number(length ?? 0) > maxDiscardedBytes) return tooLarge;
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    return unsupported('content-type must be application/json');
  }
  if (encoding !== undefined && encoding !== 'identity') return unsupported('content-encoding must be identity');
  return undefined;
}

function unsupported(message: string): Body {
  return { ok: false, code: 415, reason: 'UnsupportedMediaType', message };
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
