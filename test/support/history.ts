/**
 * Judges what a writer was told against what the cluster holds. Pure: no client, no clock. The model is a register a key, each put once
 * under a key of its own, never repeated: an acknowledged put must be there, a failed one may be, and nothing else can.
 */
export interface Attempt {
  readonly seq: number;
  readonly key: string;
  readonly value: string;
  /** Milliseconds since the epoch, fractional, of one clock. */
  readonly sent: number;
  readonly answered: number;
  readonly outcome: 'ok' | 'error';
  /** Of an acknowledged put: the store's revision made by it, and the answering cluster's ID (hex). */
  readonly revision?: number;
  readonly cluster?: string;
  readonly error?: string;
}

/** A key as a linearizable range gave it. */
export interface Stored {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

export type Rule = 'lost' | 'changed' | 'repeated' | 'moved' | 'unknown' | 'backwards' | 'twice' | 'otherCluster';

export interface Violation {
  readonly rule: Rule;
  readonly key: string;
  readonly message: string;
}

/** Every violation found, in the order of the attempts; an empty list means that the history can be explained. */
export function check(attempts: readonly Attempt[], stored: readonly Stored[]): Violation[] {
  const held = new Map(stored.map((entry) => [entry.key, entry]));
  return [
    ...attempts.flatMap((attempt) => judge(attempt, held.get(attempt.key))),
    ...unknownKeys(attempts, stored),
    ...revisionOrder(attempts, held),
    ...oneCluster(attempts),
  ];
}

function judge(attempt: Attempt, entry: Stored | undefined): Violation[] {
  const { key } = attempt;
  if (entry === undefined) {
    if (attempt.outcome === 'error') return [];
    return [{ rule: 'lost', key, message: `acknowledged at revision ${attempt.revision} and gone` }];
  }
  const found: Violation[] = [];
  if (entry.value !== attempt.value) {
    found.push({ rule: 'changed', key, message: `wrote ${attempt.value}, holds ${entry.value}` });
  }
  if (entry.version !== 1 || entry.createRevision !== entry.modRevision) {
    found.push({ rule: 'repeated', key, message: `put once, applied ${entry.version} times` });
  }
  if (attempt.outcome === 'ok' && entry.modRevision !== attempt.revision) {
    const message = `acknowledged at revision ${attempt.revision}, stored at ${entry.modRevision}`;
    found.push({ rule: 'moved', key, message });
  }
  return found;
}

function unknownKeys(attempts: readonly Attempt[], stored: readonly Stored[]): Violation[] {
  const written = new Set(attempts.map((attempt) => attempt.key));
  return stored
    .filter((entry) => !written.has(entry.key))
    .map((entry) => ({ rule: 'unknown', key: entry.key, message: `stored at ${entry.modRevision}, never written` }));
}

interface Effective {
  readonly key: string;
  readonly sent: number;
  /** Infinity for a put that failed: it may take effect long after its caller gave up, so nothing is known to be later than it. */
  readonly answered: number;
  readonly revision: number;
}

function effective(attempts: readonly Attempt[], held: ReadonlyMap<string, Stored>): Effective[] {
  return attempts.flatMap(({ key, sent, answered, outcome, revision }) => {
    if (outcome === 'ok') return [{ key, sent, answered, revision: revision ?? NaN }];
    const entry = held.get(key);
    return entry === undefined ? [] : [{ key, sent, answered: Infinity, revision: entry.modRevision }];
  });
}

/** A put sent after another was answered has the higher revision; no two share one. Overlapping puts may come in any order. */
function revisionOrder(attempts: readonly Attempt[], held: ReadonlyMap<string, Stored>): Violation[] {
  const puts = effective(attempts, held);
  const bySent = [...puts].sort((a, b) => a.sent - b.sent);
  const byAnswered = [...puts].sort((a, b) => a.answered - b.answered);
  const owner = new Map<number, string>();
  const found: Violation[] = [];
  let highest: Effective | undefined;
  let next = 0;
  for (const put of bySent) {
    for (
      let earlier = byAnswered[next];
      earlier !== undefined && earlier.answered < put.sent;
      earlier = byAnswered[++next]
    ) {
      if (highest === undefined || earlier.revision > highest.revision) highest = earlier;
    }
    if (highest !== undefined && !(put.revision > highest.revision)) {
      const message = `revision ${put.revision} after ${highest.key} had been answered with ${highest.revision}`;
      found.push({ rule: 'backwards', key: put.key, message });
    }
    const twin = owner.get(put.revision);
    if (twin !== undefined)
      found.push({ rule: 'twice', key: put.key, message: `revision ${put.revision} is ${twin}'s` });
    owner.set(put.revision, put.key);
  }
  return found;
}

/** One cluster answers for the whole history: another ID means that an empty cluster was born beside, or in place of, the first. */
function oneCluster(attempts: readonly Attempt[]): Violation[] {
  const first = attempts.find((attempt) => attempt.cluster !== undefined);
  return attempts
    .filter((attempt) => attempt.cluster !== undefined && attempt.cluster !== first?.cluster)
    .map(({ key, cluster }) => ({
      rule: 'otherCluster',
      key,
      message: `answered by ${cluster}, first was ${first?.cluster}`,
    }));
}
