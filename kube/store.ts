import type { ObjectBase } from './objects.js';

/** What a reflector knows. Objects are shared: never change one. */
export interface Store<T extends ObjectBase> {
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects with the label `quorate.dev/cluster` of this value in this namespace. */
  byCluster(namespace: string, cluster: string): readonly T[];
  readonly size: number;
}
