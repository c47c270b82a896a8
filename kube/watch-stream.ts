import { ApiError } from './errors.js';
import { errorOf } from './status.js';
import type { ObjectBase, WatchEvent } from './objects.js';

/** Beyond etcd's own limits for one object by an order: what grows longer is not a watch. */
const longestLine = 32 * 1024 * 1024;

/**
 * The events of a watch response, one JSON text a line. Throws ApiError on what is not one, on a line broken off by the end, and on
 * an ERROR event (410 when the revision is gone): an event that cannot be read must not be passed over.
 */
export async function* watchEvents<T extends ObjectBase>(body: AsyncIterable<Buffer>): AsyncIterable<WatchEvent<T>> {
  for await (const line of lines(body)) yield eventOf<T>(line);
}

async function* lines(body: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longestLine) throw garbled('a line of more than 32 MiB');
    for (const part of parts) {
      if (part.trim() !== '') yield part;
    }
  }
  if (rest.trim() !== '') throw garbled('it ended within a line');
}

function eventOf<T extends ObjectBase>(line: string): WatchEvent<T> {
  const { type, object } = parse<T>(line);
  if (type === 'ERROR') throw errorOf({ what: 'watch', status: 0, body: object });
  const resourceVersion = object?.metadata?.resourceVersion;
  if (object === undefined || resourceVersion === undefined) throw garbled('an event without an object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object };
    case 'BOOKMARK':
      return { type, resourceVersion };
    default:
      throw garbled(`an event of type ${JSON.stringify(type)}`);
  }
}

function parse<T extends ObjectBase>(line: string): { type?: unknown; object?: T } {
  try {
    return (JSON.parse(line) ?? {}) as { type?: unknown; object?: T };
  } catch (cause) {
    throw garbled('a line is not JSON', cause);
  }
}

function garbled(what: string, cause?: unknown): ApiError {
  return new ApiError({ status: 0, reason: 'Garbled', message: `watch: ${what}`, cause });
}
