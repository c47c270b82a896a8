const farthest = 2;

/** The candidate that someone probably meant: equal but for case, or at most two letters away. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  if (text.length > 64) return undefined;
  const folded = text.toLowerCase();
  const scored = candidates
    .filter((candidate) => Math.abs(candidate.length - text.length) <= farthest)
    .map((candidate) => ({ candidate, distance: distance(folded, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.min(farthest, Math.floor(candidate.length / 3)));
  return scored.sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Levenshtein's distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const cost = letter === other ? 0 : 1;
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? b.length;
}
