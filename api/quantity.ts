/** Kubernetes quantities (k8s.io/apimachinery/pkg/api/resource), exactly: as whole thousandths, so that "100m" is not lost. */
const suffixes: Readonly<Record<string, bigint>> = {
  '': 1000n,
  n: 0n,
  u: 0n,
  m: 1n,
  k: 1000n ** 2n,
  M: 1000n ** 3n,
  G: 1000n ** 4n,
  T: 1000n ** 5n,
  P: 1000n ** 6n,
  E: 1000n ** 7n,
  Ki: 1000n * 1024n,
  Mi: 1000n * 1024n ** 2n,
  Gi: 1000n * 1024n ** 3n,
  Ti: 1000n * 1024n ** 4n,
  Pi: 1000n * 1024n ** 5n,
  Ei: 1000n * 1024n ** 6n,
};

const form = /^([+-]?)(\d{1,18})(?:\.(\d{1,18}))?(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

/** The factor of a suffix or decimal exponent as a fraction, in thousandths. */
function factor(exponent: string | undefined, suffix: string): readonly [bigint, bigint] {
  if (exponent !== undefined) {
    const power = Number(exponent);
    return power >= 0 ? [1000n * 10n ** BigInt(power), 1n] : [1000n, 10n ** BigInt(-power)];
  }
  if (suffix === 'n') return [1n, 1_000_000n];
  if (suffix === 'u') return [1n, 1000n];
  return [suffixes[suffix] ?? 0n, 1n];
}

/** Thousandths of a unit, rounded up as Kubernetes rounds; undefined when the text is no quantity. */
export function parseMilli(text: string | number): bigint | undefined {
  const found = form.exec(String(text));
  if (!found) return undefined;
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = found;
  const [multiplier, divisor] = factor(exponent, suffix);
  const numerator = BigInt(whole + fraction) * multiplier;
  const denominator = divisor * 10n ** BigInt(fraction.length);
  const rounded = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -rounded : rounded;
}

/** Whole units (bytes, for a size), rounded up; undefined when the text is no quantity. */
export function parseQuantity(text: string | number): bigint | undefined {
  const milli = parseMilli(text);
  if (milli === undefined) return undefined;
  return milli >= 0n ? (milli + 999n) / 1000n : milli / 1000n;
}

const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** Bytes in the largest binary suffix that divides them exactly: 1610612736n → "1536Mi". */
export function formatBytes(bytes: bigint): string {
  let value = bytes;
  let step = 0;
  while (value !== 0n && value % 1024n === 0n && step < binary.length - 1) {
    value /= 1024n;
    step += 1;
  }
  return `${value}${binary[step]}`;
}
