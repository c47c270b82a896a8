/*
 * @peculiar/x509 finds its parts through tsyringe, which refuses to load without the metadata half of Reflect. It needs these three
 * functions of it and no package: imported before @peculiar/x509, this file provides them where nobody else has.
 */
type Metadata = Map<unknown, unknown>;

const known = new WeakMap<object, Metadata>();

function getOwnMetadata(key: unknown, target: object): unknown {
  return known.get(target)?.get(key);
}

function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (known.get(at)?.has(key) === true) return getOwnMetadata(key, at);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  known.set(target, (known.get(target) ?? new Map<unknown, unknown>()).set(key, value));
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata, getOwnMetadata, defineMetadata });
