import { pause } from '../poll.js';
import { ApiFailure, type Api } from '../api.js';
import type { KubeObject } from './types.js';

export interface Follower<T> {
  seen(object: T): void;
  gone(object: T): void;
}

/**
 * Tells a follower of every object under a path, now and as they change, until the signal aborts. Whatever ends a watch, it lists again
 * and tells the difference.
 */
export async function follow<T extends KubeObject>(
  api: Api,
  path: string,
  follower: Follower<T>,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, T>();
  while (!signal.aborted) {
    try {
      const version = await relist(api, path, known, follower);
      await stream(api, watchPath(path, version), { known, follower, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiFailure)) await pause(200);
      else if (error.status !== 410) await pause(1000);
    }
  }
}

const watchPath = (path: string, version: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${version}`;

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

async function relist<T extends KubeObject>(
  api: Api,
  path: string,
  known: Map<string, T>,
  follower: Follower<T>,
): Promise<string> {
  const list = await api.get<List<T>>(path);
  const current = new Set(list.items.map((item) => item.metadata.uid));
  for (const [uid, object] of [...known]) {
    if (current.has(uid)) continue;
    known.delete(uid);
    follower.gone(object);
  }
  for (const object of list.items) {
    const before = known.get(object.metadata.uid);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
    known.set(object.metadata.uid, object);
    follower.seen(object);
  }
  return list.metadata.resourceVersion;
}

interface Following<T> {
  readonly known: Map<string, T>;
  readonly follower: Follower<T>;
  readonly signal: AbortSignal;
}

async function stream<T extends KubeObject>(api: Api, path: string, following: Following<T>): Promise<void> {
  const { known, follower, signal } = following;
  for await (const event of api.watch(path, signal)) {
    const object = event.object as T;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        known.set(object.metadata.uid, object);
        follower.seen(object);
        break;
      case 'DELETED':
        known.delete(object.metadata.uid);
        follower.gone(object);
        break;
      case 'BOOKMARK':
        break;
      default:
        // An ERROR event carries a Status: expired, or the server is going down. Either way, list again.
        return;
    }
  }
}
