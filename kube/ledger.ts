import { ApiError } from './errors.js';
import type { ObjectBase, ObjectList, WatchEvent } from './objects.js';
import { isNewer, isOlder } from './revision.js';
import type { WritableStore } from './store.js';

export interface StoreEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now; for DELETED, as it last was. */
  readonly object: T;
  /** As it was known before. */
  readonly old?: T | undefined;
}

/** Brings lists, watch events and own writes of one stream into the store in the right order, whichever comes first. */
export interface Ledger<T extends ObjectBase> {
  /** Where a watch continues; undefined when only a list can help. */
  readonly position: string | undefined;
  /** The position is no good any more. */
  lose(): void;
  beginList(): void;
  replace(list: ObjectList<T>): void;
  /** Throws ApiError 410 when the stream went back: the server was restored from a backup. */
  follow(event: WatchEvent<T>): void;
  observe(object: T): void;
}

const keyOf = ({ metadata }: ObjectBase): string => `${metadata.namespace ?? ''}/${metadata.name}`;
const revisionOf = (object: ObjectBase): string | undefined => object.metadata.resourceVersion;

export function createLedger<T extends ObjectBase>(options: {
  readonly store: WritableStore<T>;
  /** What of the store this stream is about. */
  readonly namespace: string | undefined;
  readonly emit: (event: StoreEvent<T>) => void;
}): Ledger<T> {
  const { store, namespace, emit } = options;
  let position: string | undefined;
  // Only a write answered while a list is under way may be newer than that list. Anything else newer than it comes from
  // a future that the server forgot when it was restored, and has to go.
  let observedDuringList = new Set<string>();

  const known = (object: T): T | undefined => store.get(object.metadata.namespace, object.metadata.name);

  function put(object: T): void {
    const old = store.put(object);
    emit(old === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, old });
  }

  function drop(object: T, old: T): void {
    store.remove(old.metadata.namespace, old.metadata.name);
    emit({ type: 'DELETED', object, old });
  }

  const isOwnAndNewer = (object: T, than: string | undefined): boolean =>
    observedDuringList.has(keyOf(object)) && isNewer(revisionOf(object), than);

  return {
    get position() {
      return position;
    },
    lose() {
      position = undefined;
    },
    beginList() {
      observedDuringList = new Set();
    },
    replace(list) {
      const listed = new Set(list.items.map(keyOf));
      for (const object of list.items) {
        const old = known(object);
        const isKept =
          old !== undefined && (revisionOf(old) === revisionOf(object) || isOwnAndNewer(old, revisionOf(object)));
        if (!isKept) put(object);
      }
      for (const object of store.list(namespace)) {
        if (!listed.has(keyOf(object)) && !isOwnAndNewer(object, list.resourceVersion)) drop(object, object);
      }
      position = list.resourceVersion;
    },
    follow(event) {
      const revision = event.type === 'BOOKMARK' ? event.resourceVersion : revisionOf(event.object);
      if (isOlder(revision, position)) {
        const message = `watch: revision ${revision} after ${position}`;
        throw new ApiError({ status: 410, reason: 'Expired', message });
      }
      position = revision;
      if (event.type === 'BOOKMARK') return;
      const old = known(event.object);
      if (event.type !== 'DELETED') {
        if (old === undefined || isNewer(revision, revisionOf(old))) put(event.object);
        // A deletion at the known revision counts: an object changed so that the selector fits no more is told as deleted by that change.
      } else if (old !== undefined && !isOlder(revision, revisionOf(old))) {
        drop(event.object, old);
      }
    },
    observe(object) {
      const old = known(object);
      // Not known although the stream has passed its revision: it was deleted since.
      const floor = old === undefined ? position : revisionOf(old);
      if (floor !== undefined && !isNewer(revisionOf(object), floor)) return;
      observedDuringList.add(keyOf(object));
      put(object);
    },
  };
}
