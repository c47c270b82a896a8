import type { Clock, Random } from '../api/environment.js';
import type { ApiClient } from './client.js';
import type { KubeObject, ObjectBase } from './objects.js';
import type { Resource } from './resources.js';
import type { Store } from './store.js';

export interface ReflectorEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now; for DELETED, as it last was. */
  readonly object: T;
  /** As it was known before. */
  readonly old?: T | undefined;
}

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

export function createReflector<T extends ObjectBase = KubeObject>(_options: ReflectorOptions<T>): Reflector<T> {
  throw new Error('not written yet');
}
