import type { Clock, Random } from '../api/environment.js';
import type { ApiClient } from './client.js';
import { follow } from './follow.js';
import { createLedger, type StoreEvent } from './ledger.js';
import type { KubeObject, ObjectBase } from './objects.js';
import type { Resource } from './resources.js';
import { matchesLabels } from './selector.js';
import { createStore, type Store } from './store.js';

export type ReflectorEvent<T> = StoreEvent<T>;

/** For metrics and logs; must not throw. */
export interface ReflectorHooks {
  /** A list replaced what was known. */
  readonly onRelist?: ((resource: Resource, namespace: string | undefined, items: number) => void) | undefined;
  readonly onWatchEvent?: ((resource: Resource, type: string) => void) | undefined;
  /** A list or watch failed (and is tried again), or an event handler threw. */
  readonly onFailure?: ((resource: Resource, error: unknown) => void) | undefined;
}

export interface ReflectorOptions<T extends ObjectBase> {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** None: all namespaces. */
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** What of an object is kept; managedFields are dropped in any case. */
  readonly trim?: ((object: T) => T) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly hooks?: ReflectorHooks | undefined;
}

/** A local copy of the selected objects, kept up to date by list and watch through every failure until stopped. */
export interface Reflector<T extends ObjectBase = KubeObject> {
  readonly resource: Resource;
  readonly store: Store<T>;
  /** Begins; resolves when every namespace was listed once, or on stop. */
  start(): Promise<void>;
  hasSynced(): boolean;
  /** Handlers run one after the other, synchronously; one that throws harms nobody else. Returns how to end it. */
  onEvent(handler: (event: ReflectorEvent<T>) => void): () => void;
  /** Read your own writes: the answer of a write enters the store at once, unless something newer is already known. */
  observe(object: T): void;
  /** Resolves when no request is under way any more. */
  stop(): Promise<void>;
}

export function createReflector<T extends ObjectBase = KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, resource, labelSelector, fieldSelector, clock, random, hooks = {} } = options;
  const store = createStore<T>();
  const handlers = new Set<(event: ReflectorEvent<T>) => void>();
  const stopping = new AbortController();
  const trim = trimmer(options.trim);

  function emit(event: ReflectorEvent<T>): void {
    for (const handler of handlers) {
      try {
        handler(event);
      } catch (error) {
        hooks.onFailure?.(resource, error);
      }
    }
  }

  const ledgers = new Map(
    namespacesOf(options).map((namespace) => [namespace, createLedger<T>({ store, namespace, emit })]),
  );
  const pending = new Set(ledgers.keys());
  let started: { readonly synced: Promise<void>; readonly ended: Promise<unknown> } | undefined;

  function begin(): NonNullable<typeof started> {
    let resolveSynced: () => void = () => undefined;
    const synced = new Promise<void>((resolve) => (resolveSynced = resolve));
    stopping.signal.addEventListener('abort', resolveSynced, { once: true });
    const follows = [...ledgers].map(([namespace, ledger]) =>
      follow<T>({
        client,
        resource,
        selection: { namespace, labelSelector, fieldSelector },
        ledger,
        trim,
        clock,
        random,
        signal: stopping.signal,
        onList(items) {
          pending.delete(namespace);
          hooks.onRelist?.(resource, namespace, items);
          if (pending.size === 0) resolveSynced();
        },
        onWatchEvent: (type) => hooks.onWatchEvent?.(resource, type),
        onFailure: (error) => hooks.onFailure?.(resource, error),
      }),
    );
    return { synced, ended: Promise.all(follows) };
  }

  return {
    resource,
    store,
    start() {
      started ??= begin();
      return started.synced;
    },
    hasSynced: () => pending.size === 0,
    onEvent(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    observe(object) {
      const namespace = ledgers.has(undefined) ? undefined : object.metadata.namespace;
      const isSelected = matchesLabels(labelSelector, object.metadata.labels);
      const isKnown = store.get(object.metadata.namespace, object.metadata.name) !== undefined;
      // What the selectors leave out would never be told as deleted.
      if (isSelected && (isKnown || fieldSelector === undefined)) ledgers.get(namespace)?.observe(trim(object));
    },
    async stop() {
      stopping.abort();
      await started?.ended;
    },
  };
}

function namespacesOf(options: { readonly resource: Resource; readonly namespaces?: readonly string[] | undefined }) {
  const { resource, namespaces = [] } = options;
  return resource.namespaced && namespaces.length > 0 ? [...new Set<string | undefined>(namespaces)] : [undefined];
}

/** managedFields are a third of a small object and nobody's business here. */
function trimmer<T extends ObjectBase>(further: (object: T) => T = (object) => object): (object: T) => T {
  return (object) => {
    const metadata = { ...object.metadata };
    delete (metadata as { managedFields?: unknown }).managedFields;
    return further({ ...object, metadata });
  };
}
