import type { IncomingMessage } from 'node:http';
import type { Clock } from '../api/environment.js';

/** etcd's own limit on a request is 1.5 MB; a review carries the object twice. */
export const maxBodyBytes = 3 * 1024 * 1024;
export const bodyTimeoutMs = 5_000;
// A caller that is still sending when the answer comes sees a reset instead of the answer: some of an oversized body is read and thrown away.
const maxDiscardedBytes = 32 * 1024 * 1024;

/** A review of 10 KB comes in one or two chunks. What one body may hold without asking the others: reviews get through a flood of large bodies. */
const ownBytes = 64 * 1024;
/** What all bodies in flight may hold beyond that: 150 connections with 3 MB each would be more than the pod has. */
const sharedBytes = 64 * 1024 * 1024;
/** What Node keeps for a chunk, however small (some 500 bytes of memory, measured): a caller may send three million of one byte each. */
const chunkBytes = 512;

/** What the bodies in flight hold together; one for each server. */
export interface BodyBudget {
  /** False when it is not there; nothing is taken then. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function bodyBudget(): BodyBudget {
  let left = sharedBytes;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}

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
const tooMany: Body = {
  ok: false,
  code: 429,
  reason: 'TooManyRequests',
  message: 'too many large bodies are on their way; send it again later',
};
const brokenOff: Body = { ok: false, code: 400, reason: 'BadRequest', message: 'the body broke off' };

/**
 * The whole body, bounded in size and time. Not by `server.requestTimeout`: Node takes the smaller of that and
 * `headersTimeout` for the headers, which would end kept-alive connections that have not sent a byte yet.
 */
export function readBody(request: IncomingMessage, clock: Clock, budget: BodyBudget): Promise<Body> {
  const unfit = unfitHeaders(request);
  if (unfit !== undefined) return Promise.resolve(unfit);
  return new Promise((resolve) => {
    const held = new HeldChunks(budget);
    let size = 0;
    let excess: Body | undefined;
    const done = (body: Body): void => {
      cancel();
      held.release();
      resolve(body);
    };
    const cancel = clock.after(bodyTimeoutMs, () => done(excess ?? tooSlow));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) excess = tooLarge;
      else if (excess === undefined && !held.add(chunk)) excess = tooMany;
      if (excess !== undefined) held.release();
      if (size > maxDiscardedBytes) done(tooLarge);
    });
    request.on('end', () => done(excess ?? { ok: true, bytes: held.joined() }));
    request.on('error', () => done(brokenOff));
    request.on('close', () => done(brokenOff));
  });
}

/** The chunks of one body, and what of the shared budget they take. */
class HeldChunks {
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly budget: BodyBudget) {}

  /** False when the budget has no room for it. */
  add(chunk: Buffer): boolean {
    const before = Math.max(this.bytes, ownBytes);
    const after = Math.max(this.bytes + chunk.length + chunkBytes, ownBytes);
    if (!this.budget.take(after - before)) return false;
    this.bytes += chunk.length + chunkBytes;
    this.chunks.push(chunk);
    return true;
  }

  joined(): Buffer {
    const [first] = this.chunks;
    return this.chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.chunks);
  }

  release(): void {
    this.budget.give(Math.max(this.bytes, ownBytes) - ownBytes);
    this.bytes = 0;
    this.chunks = [];
  }
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
