/**
 * What must be equal after a fault and without one: objects by what they say, not by when they were made or what they were called by
 * chance. Pure.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Chance, time, or counters of others: never part of an end state. */
const ignored = new Set([
  ...[
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'managedFields',
    'generation',
    'observedGeneration',
    'generateName',
  ],
  ...['lastTransitionTime', 'lastProbeTime', 'startTime', 'collisionCount', 'currentRevision', 'updateRevision'],
  ...['controller-revision-hash', 'pod-template-generation', 'kubectl.kubernetes.io/last-applied-configuration'],
  // How far a store has come depends on how many keys the writer could put.
  ...['dbSize', 'raftIndex', 'raftIndexLag', 'raftTerm', 'highestRevision', 'revision', 'leaderSince'],
  // Counts up with every change of a mounted file.
  'quorate.dev/files',
]);

const patterns: readonly (readonly [RegExp, (found: string, known: Names) => string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, () => '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, () => '<uid>'],
  [/\b10\.\d+\.\d+\.\d+\b/g, () => '<ip>'],
  // Cluster, member and incarnation IDs and hashes: equal ones stay equal, in the order in which they are met.
  [/\b[0-9a-f]{8,64}\b/g, (found, known) => known.of(found)],
];

class Names {
  private readonly known = new Map<string, string>();

  of(text: string): string {
    const name = this.known.get(text) ?? `<id ${this.known.size + 1}>`;
    this.known.set(text, name);
    return name;
  }
}

/** The same value with keys sorted, what is ignored taken out, and names of chance replaced. */
export function normalise(value: Json, namespace: string): Json {
  const known = new Names();
  const walk = (each: Json): Json => {
    if (typeof each === 'string') return text(each, namespace, known);
    if (Array.isArray(each)) return (each as readonly Json[]).map(walk);
    if (each === null || typeof each !== 'object') return each;
    const entries = Object.entries(each).filter(([key]) => !ignored.has(key));
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(entries.map(([key, inner]) => [text(key, namespace, known), walk(inner)]));
  };
  return walk(value);
}

function text(value: string, namespace: string, known: Names): string {
  const placed = value.replaceAll(namespace, '<namespace>');
  return patterns.reduce((so, [pattern, name]) => so.replace(pattern, (found) => name(found, known)), placed);
}
