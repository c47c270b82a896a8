import { readerOf } from './objects.js';

/**
 * What the instruments need of a cluster: kubectl, and network namespaces in which its Services and DNS names work. A localkube Cluster
 * is one.
 */
export interface Place {
  readonly name: string;
  readonly netns: string;
  /** None when there is a control plane alone. */
  readonly nodeNetns: readonly string[];
  kubectl(
    args: readonly string[],
    options?: { readonly stdin?: string; readonly timeoutMs?: number },
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** The beginning of a command that runs in a network namespace with the cluster's DNS. */
export const inside = (netns: string): readonly string[] => ['ip', 'netns', 'exec', netns];

/** Where a client of Services stands: on the first node, or beside the control plane when it is alone. */
export const clientNetns = (place: Place): string => place.nodeNetns[0] ?? place.netns;

export class KubectlError extends Error {
  readonly code = 'KUBECTL';
  constructor(
    readonly args: readonly string[],
    readonly stderr: string,
  ) {
    super(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  }
}

/** Runs kubectl and gives what it printed; a failure is thrown with its reason. */
export async function kubectl(place: Place, args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await place.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new KubectlError(args, stderr || stdout);
  return stdout;
}

/** An object as the API server has it, or undefined when there is none. */
export async function getObject<T>(
  place: Place,
  resource: string,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const reader = readerOf(place, resource);
  if (reader !== undefined) return reader.get<T>(namespace, name);
  const text = await kubectl(place, ['get', resource, name, '-n', namespace, '--ignore-not-found', '-o', 'json']);
  return text.trim() === '' ? undefined : (JSON.parse(text) as T);
}

/** All objects of a resource that a label selector matches. */
export async function listObjects<T>(
  place: Place,
  resource: string,
  namespace: string,
  selector?: string,
): Promise<T[]> {
  const reader = readerOf(place, resource);
  if (reader !== undefined) return reader.list<T>(namespace, selector);
  const selected = selector === undefined ? [] : ['-l', selector];
  const text = await kubectl(place, ['get', resource, '-n', namespace, '-o', 'json', ...selected]);
  return (JSON.parse(text) as { items: T[] }).items;
}
