import type { Container, EnvVar, KeyRef, Pod } from './types.js';

export type Variables = Readonly<Record<string, string>>;

/** `$(NAME)` becomes the variable's value; an unknown name stays as it is, and `$$` is one `$` that begins nothing. */
export function expand(text: string, variables: Variables): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, inner: string, name: string) => {
    if (inner === '$') return '$';
    return Object.hasOwn(variables, name) ? (variables[name] ?? '') : whole;
  });
}

/** What only a running pod knows. */
export interface Placement {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
}

export type KeyLookup = (kind: 'configmaps' | 'secrets', ref: KeyRef) => Promise<string | undefined>;

/** A container's environment, each variable able to refer to those before it. */
export async function environmentOf(
  container: Container,
  pod: Pod,
  at: Placement,
  lookup: KeyLookup,
): Promise<Variables> {
  const variables: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, at, lookup);
    if (value !== undefined) variables[variable.name] = expand(value, variables);
  }
  return variables;
}

async function valueOf(variable: EnvVar, pod: Pod, at: Placement, lookup: KeyLookup): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return variable.value ?? '';
  if (from.fieldRef !== undefined) return field(pod, at, from.fieldRef.fieldPath);
  if (from.configMapKeyRef !== undefined) return lookup('configmaps', from.configMapKeyRef);
  if (from.secretKeyRef !== undefined) return lookup('secrets', from.secretKeyRef);
  throw new Error(`env ${variable.name}: this source is not supported`);
}

/** The downward API's fields. */
export function field(pod: Pod, at: Placement, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace;
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'spec.nodeName':
      return at.nodeName;
    case 'status.podIP':
    case 'status.podIPs':
      return at.podIP;
    case 'status.hostIP':
      return at.hostIP;
    default:
      throw new Error(`field ${path} is not supported`);
  }
}

/** What is run: the container's command, or the entry point of the official image. */
export function commandOf(container: Container, variables: Variables): string[] {
  const command = container.command ?? ['/usr/local/bin/etcd'];
  return [...command, ...(container.args ?? [])].map((word) => expand(word, variables));
}
