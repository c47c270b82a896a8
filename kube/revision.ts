/*
 * Resource versions are etcd revisions: decimal numbers that grow, compared as text because they may pass 2^53. An API server that
 * gives anything else is taken at its word: what came last is newer.
 */
export function isNewer(revision: string | undefined, than: string | undefined): boolean {
  return (order(revision, than) ?? (revision === than ? 0 : 1)) > 0;
}

export function isOlder(revision: string | undefined, than: string | undefined): boolean {
  return (order(revision, than) ?? 0) < 0;
}

function order(a: string | undefined, b: string | undefined): number | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a === b) return 0;
  return (a.length === b.length ? a > b : a.length > b.length) ? 1 : -1;
}

const isNumber = (text: string | undefined): text is string => text !== undefined && /^(0|[1-9]\d*)$/.test(text);
