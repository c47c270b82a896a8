import type { Attempt } from '../history.js';

/** Begins at `at` (milliseconds since the epoch) and lasts until the next. */
export interface Mark {
  readonly label: string;
  readonly at: number;
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Report {
  readonly label: string;
  readonly attempts: number;
  readonly acknowledged: number;
  /** Of the attempts, 0-100; 100 when there were none. */
  readonly percent: number;
  /** Longest time without an acknowledgement, milliseconds, cut at the window's edges. */
  readonly longestGapMs: number;
  /** Of acknowledged puts, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly highestRevision: number;
}

/** What the writer saw in a window: attempts count where they were sent, gaps where time passed. */
export function report(attempts: readonly Attempt[], window: Window, label: string): Report {
  const sent = attempts.filter((attempt) => attempt.sent >= window.from && attempt.sent < window.to);
  const acknowledged = sent.filter((attempt) => attempt.outcome === 'ok');
  const latencies = acknowledged.map((attempt) => attempt.answered - attempt.sent).sort((a, b) => a - b);
  return {
    label,
    attempts: sent.length,
    acknowledged: acknowledged.length,
    percent: sent.length === 0 ? 100 : (100 * acknowledged.length) / sent.length,
    longestGapMs: longestGap(attempts, window),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    highestRevision: acknowledged.reduce((highest, attempt) => Math.max(highest, attempt.revision ?? 0), 0),
  };
}

function longestGap(attempts: readonly Attempt[], { from, to }: Window): number {
  const answers = attempts
    .filter((attempt) => attempt.outcome === 'ok' && attempt.answered >= from && attempt.answered < to)
    .map((attempt) => attempt.answered)
    .sort((a, b) => a - b);
  const edges = [from, ...answers, to];
  return edges.slice(1).reduce((longest, at, index) => Math.max(longest, at - (edges[index] ?? at)), 0);
}

/** Nearest rank of ascending values; 0 of none. */
function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.min(ascending.length - 1, Math.ceil(q * ascending.length) - 1)] ?? 0;
}

/** One report a phase: from each mark to the next, the last to `end`. */
export function byPhase(attempts: readonly Attempt[], marks: readonly Mark[], end: number): Report[] {
  return marks.map(({ label, at }, index) => report(attempts, { from: at, to: marks[index + 1]?.at ?? end }, label));
}

/** The gap table as text. */
export function table(reports: readonly Report[]): string {
  const head = ['phase', 'attempts', 'acknowledged', '%', 'longest gap ms', 'p50 ms', 'p99 ms', 'revision'];
  const rows = reports.map((row) => [
    row.label,
    String(row.attempts),
    String(row.acknowledged),
    row.percent.toFixed(1),
    row.longestGapMs.toFixed(0),
    row.p50.toFixed(1),
    row.p99.toFixed(1),
    String(row.highestRevision),
  ]);
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [head, ...rows].map(line).join('\n');
}
