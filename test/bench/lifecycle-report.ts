/** Medians with min and max, as ratios of the baseline of the same run, beside the bars. */

/** Seconds, unless the name says MB, by what was measured. */
export type Times = Record<string, number[]>;

interface Row {
  readonly what: string;
  /** The largest median that will do. */
  readonly bar?: number;
  /** Of what the bar is a multiple, as text. */
  readonly of?: string;
  readonly base?: number;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** etcd wants its voters connected for five seconds before each add after the first (server/etcdserver/server.go, HealthInterval). */
const calmSeconds = 5.3;

export function report(times: Times, versions: { several: string; oneByOne: string }): string {
  const of = (what: string): number => median(times[what] ?? []);
  const two = of('plain 1') + of('plain 1, another after it');
  const two35 = of('plain 1 on 3.5') + of('plain 1 on 3.5, another after it');
  const rows: readonly Row[] = [
    { what: 'plain 1' },
    { what: 'plain 1, another after it' },
    { what: 'plain 3' },
    { what: 'plain 1 on 3.5' },
    { what: 'plain 1 on 3.5, another after it' },
    { what: 'create 1', base: of('plain 1'), bar: 1.3 * of('plain 1'), of: '1.3 × plain 1' },
    { what: 'create 3', base: of('plain 3'), bar: 1.3 * of('plain 3'), of: '1.3 × plain 3' },
    { what: '1→3', base: two, bar: 1.5 * two, of: '1.5 × two plain pods one after the other' },
    { what: '1→3 under a writer', base: two, bar: 1.5 * two, of: '1.5 × two plain pods one after the other' },
    {
      what: '1→3 on 3.5',
      base: two35,
      bar: 1.5 * two35 + calmSeconds,
      of: `1.5 × the same on 3.5, + ${calmSeconds} s`,
    },
    { what: '3→1', bar: 5, of: '5 s' },
    { what: '3→1 under a writer', bar: 5, of: '5 s' },
    {
      what: 'wake 1',
      base: of('plain 1'),
      bar: Math.max(1.3 * of('plain 1'), of('plain 1') + 1.5),
      of: '1.3 × plain 1, or 1.5 s more',
    },
    { what: 'longest write gap', bar: 2, of: '2 s in 1→3→1' },
    { what: 'controller RSS with 10 clusters', bar: 150, of: '150 MB' },
  ];
  return [
    `## Lifecycle (etcd ${versions.several}, and ${versions.oneByOne} where it says 3.5; three nodes, TLS)`,
    '',
    '| seconds (RSS: MB) | median | min – max | × baseline | bar |',
    '|---|---|---|---|---|',
    ...rows.map((row) => line(row, times[row.what] ?? [])),
    '',
  ].join('\n');
}

function line({ what, base, bar, of }: Row, values: readonly number[]): string {
  const middle = median(values);
  const ratio = base === undefined ? '' : (middle / base).toFixed(2);
  const verdict =
    bar === undefined ? 'baseline' : `≤ ${of ?? ''} = ${shown(bar)}: ${middle <= bar ? 'met' : '**missed**'}`;
  return `| ${what} | ${shown(middle)} | ${shown(Math.min(...values))} – ${shown(Math.max(...values))} | ${ratio} | ${verdict} |`;
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
