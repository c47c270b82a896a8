/** Go durations ("1h30m", "1.5s", "100ms"), exactly: as whole nanoseconds, the unit that etcd's configuration file wants in places. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const group = /(?=\.?\d)(\d{0,18})(?:\.(\d{0,18}))?(ns|us|µs|μs|ms|s|m|h)/y;
const longest = 64;
const mostNanoseconds = 9_223_372_036_854_775_807n;

/** The sum of all groups, or undefined when anything else is in between. */
function sumOfGroups(body: string): bigint | undefined {
  let total = 0n;
  for (let at = 0; at < body.length; at = group.lastIndex) {
    group.lastIndex = at;
    const found = group.exec(body);
    if (!found) return undefined;
    const [, whole = '', fraction = '', unit = ''] = found;
    total += (BigInt(whole + fraction) * (units[unit] ?? 0n)) / 10n ** BigInt(fraction.length);
  }
  return total <= mostNanoseconds ? total : undefined;
}

/** Nanoseconds; undefined when Go's time.ParseDuration would refuse the text. */
export function parseNanoseconds(text: string): bigint | undefined {
  if (text.length > longest) return undefined;
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '') return undefined;
  const total = body === '0' ? 0n : sumOfGroups(body);
  return sign === '-' && total !== undefined ? -total : total;
}

/** Whole milliseconds, rounded down; undefined when the text is no Go duration. */
export function parseDuration(text: string): number | undefined {
  const nanoseconds = parseNanoseconds(text);
  return nanoseconds === undefined ? undefined : Number(nanoseconds / 1_000_000n);
}

/** Milliseconds in the largest unit that divides them: 7200000 → "2h", 90000 → "90s". */
export function formatDuration(milliseconds: number): string {
  const whole = Math.max(0, Math.floor(milliseconds));
  if (whole === 0) return '0s';
  if (whole % 3_600_000 === 0) return `${whole / 3_600_000}h`;
  if (whole % 60_000 === 0) return `${whole / 60_000}m`;
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`;
}
