import { labels } from '../api/names.js';
import type { ObjectBase } from './objects.js';

/** What a reflector knows. Objects are shared: never change one. */
export interface Store<T extends ObjectBase> {
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects with the label `quorate.dev/cluster` of this value in this namespace. */
  byCluster(namespace: string, cluster: string): readonly T[];
  readonly size: number;
}

export interface WritableStore<T extends ObjectBase> extends Store<T> {
  /** Returns what was there before. */
  put(object: T): T | undefined;
  remove(namespace: string | undefined, name: string): T | undefined;
}

/** Objects by namespace and name, and by cluster. Objects of a cluster-wide kind have the namespace ''. */
export function createStore<T extends ObjectBase>(): WritableStore<T> {
  const byNamespace = createIndex<T>();
  const byCluster = createIndex<T>();
  let size = 0;

  function unindex(namespace: string, object: T): void {
    byNamespace.remove(namespace, object.metadata.name);
    const cluster = object.metadata.labels?.[labels.cluster];
    if (cluster !== undefined) byCluster.remove(`${namespace}/${cluster}`, object.metadata.name);
    size--;
  }

  return {
    get: (namespace = '', name) => byNamespace.get(namespace, name),
    list: (namespace) => (namespace === undefined ? byNamespace.everything() : byNamespace.group(namespace)),
    byCluster: (namespace, cluster) => byCluster.group(`${namespace}/${cluster}`),
    get size() {
      return size;
    },
    put(object) {
      const { namespace = '', name, labels: labelled } = object.metadata;
      const old = byNamespace.get(namespace, name);
      if (old !== undefined) unindex(namespace, old);
      byNamespace.put(namespace, name, object);
      const cluster = labelled?.[labels.cluster];
      if (cluster !== undefined) byCluster.put(`${namespace}/${cluster}`, name, object);
      size++;
      return old;
    },
    remove(namespace = '', name) {
      const old = byNamespace.get(namespace, name);
      if (old !== undefined) unindex(namespace, old);
      return old;
    },
  };
}

interface Index<T> {
  get(group: string, name: string): T | undefined;
  group(group: string): readonly T[];
  everything(): readonly T[];
  put(group: string, name: string, object: T): void;
  remove(group: string, name: string): void;
}

function createIndex<T>(): Index<T> {
  const groups = new Map<string, Map<string, T>>();
  return {
    get: (group, name) => groups.get(group)?.get(name),
    group: (group) => [...(groups.get(group)?.values() ?? [])],
    everything: () => [...groups.values()].flatMap((members) => [...members.values()]),
    put(group, name, object) {
      const members = groups.get(group) ?? new Map<string, T>();
      groups.set(group, members.set(name, object));
    },
    remove(group, name) {
      const members = groups.get(group);
      members?.delete(name);
      if (members?.size === 0) groups.delete(group);
    },
  };
}
