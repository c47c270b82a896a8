import type { Clock, Random } from '../api/environment.js';
import type { ApiClient, Selection } from './client.js';
import { ApiError, isGone } from './errors.js';
import type { Ledger } from './ledger.js';
import type { ObjectBase, ObjectList, WatchEvent } from './objects.js';
import type { Resource } from './resources.js';

const backoff = { firstMs: 200, mostMs: 30_000 } as const;
/** The server ends a watch after this, so that load spreads anew over API servers. */
const watchSeconds = { least: 240, spread: 60 } as const;
/** The API server sends a bookmark about once a minute. */
const idleMs = 90_000;
/** A watch that ends sooner and without an event counts as failed, or a server that closes at once would be asked without pause. */
const shortWatchMs = 1_000;

export interface FollowOptions<T extends ObjectBase> {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly ledger: Ledger<T>;
  readonly trim: (object: T) => T;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onList: (items: number) => void;
  readonly onWatchEvent: (type: WatchEvent<T>['type']) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Lists, then watches, then whatever of the two is needed next, until the signal aborts. No failure ends it. */
export async function follow<T extends ObjectBase>(options: FollowOptions<T>): Promise<void> {
  const { ledger, clock, signal } = options;
  const pace = createPace(options.random);
  while (!signal.aborted) {
    let retryAfterMs: number | undefined;
    try {
      if (ledger.position === undefined) await relist(options);
      const isFruitful = await watch(options, () => pace.reset());
      if (isFruitful) continue;
    } catch (error) {
      if (signal.aborted) return;
      options.onFailure(error);
      if (isGone(error) || pace.isSilentAgain(error)) ledger.lose();
      if (error instanceof ApiError) retryAfterMs = error.retryAfterMs;
    }
    await clock.sleep(pace.next(retryAfterMs), signal);
  }
}

function createPace(random: Random) {
  let failures = 0;
  let silences = 0;
  return {
    reset() {
      failures = 0;
      silences = 0;
    },
    next(leastMs = 0): number {
      const delay = Math.min(backoff.firstMs * 2 ** failures++, backoff.mostMs) * (0.5 + random.fraction());
      return Math.max(delay, leastMs);
    },
    /** Silence for twice the time that bookmarks take: the position may lie in a future that the server, restored, does not know. */
    isSilentAgain(error: unknown): boolean {
      silences = error instanceof ApiError && error.reason === 'Timeout' ? silences + 1 : 0;
      return silences >= 2;
    },
  };
}

async function relist<T extends ObjectBase>(options: FollowOptions<T>): Promise<void> {
  const { client, resource, selection, ledger, signal, trim } = options;
  ledger.beginList();
  const list: ObjectList<T> = await client.list<T>(resource, selection, { signal });
  ledger.replace({ ...list, items: list.items.map(trim) });
  options.onList(list.items.length);
}

/** True when it was worth opening: it brought something or stayed open for a while. */
async function watch<T extends ObjectBase>(options: FollowOptions<T>, onAlive: () => void): Promise<boolean> {
  const { client, resource, selection, ledger, clock, random, signal, trim } = options;
  const openedAt = clock.now();
  let events = 0;
  const stream = client.watch<T>(resource, {
    ...selection,
    resourceVersion: ledger.position ?? '',
    timeoutSeconds: Math.round(watchSeconds.least + watchSeconds.spread * random.fraction()),
    idleMs,
    signal,
  });
  for await (const event of stream) {
    if (signal.aborted) break;
    ledger.follow(event.type === 'BOOKMARK' ? event : { ...event, object: trim(event.object) });
    options.onWatchEvent(event.type);
    events++;
    onAlive();
  }
  const isFruitful = events > 0 || clock.now() - openedAt >= shortWatchMs;
  if (isFruitful) onAlive();
  return isFruitful;
}
