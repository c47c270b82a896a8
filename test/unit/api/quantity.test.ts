import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatBytes,
  formatDuration,
  parseDuration,
  parseMilli,
  parseNanoseconds,
  parseQuantity,
} from '../../../api/index.js';

describe('api: quantities', () => {
  const known: readonly (readonly [string | number, bigint | undefined])[] = [
    ['8Gi', 8589934592n],
    ['1536Mi', 1610612736n],
    ['1G', 1000000000n],
    ['1.5Gi', 1610612736n],
    ['1e3', 1000n],
    ['12E', 12000000000000000000n],
    ['100m', 1n],
    ['1001m', 2n],
    ['-1Gi', -1073741824n],
    ['+5', 5n],
    [7, 7n],
    ['0', 0n],
    ['1e-3', 1n],
    ['', undefined],
    ['Gi', undefined],
    ['1 Gi', undefined],
    ['1gi', undefined],
    ['0x10', undefined],
    ['1'.repeat(40), undefined],
  ];
  for (const [text, bytes] of known) {
    it(`${JSON.stringify(text)} is ${bytes ?? 'no quantity'}`, () => {
      expect(parseQuantity(text)).to.equal(bytes);
    });
  }

  it('keeps thousandths exactly', () => {
    expect([parseMilli('500m'), parseMilli('0.5'), parseMilli('1'), parseMilli('1u')]).to.deep.equal([
      500n,
      500n,
      1000n,
      1n,
    ]);
  });

  it('formats bytes so that they parse to the same', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 62n),
        (bytes) => parseQuantity(formatBytes(bytes)) === bytes || bytes >= 10n ** 18n,
      ),
    );
  });

  it('is total on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseQuantity(text) !== 'string'));
  });
});

describe('api: durations', () => {
  const known: readonly (readonly [string, bigint | undefined])[] = [
    ['1h30m', 5_400_000_000_000n],
    ['1.5s', 1_500_000_000n],
    ['.5s', 500_000_000n],
    ['100ms', 100_000_000n],
    ['1µs', 1000n],
    ['0', 0n],
    ['-2m', -120_000_000_000n],
    ['2562047h', 9_223_369_200_000_000_000n],
    ['2562048h', undefined],
    ['', undefined],
    ['-', undefined],
    ['1', undefined],
    ['1d', undefined],
    ['.s', undefined],
    ['1h 30m', undefined],
    ['h', undefined],
  ];
  for (const [text, nanoseconds] of known) {
    it(`${JSON.stringify(text)} is ${nanoseconds ?? 'no duration'}`, () => {
      expect(parseNanoseconds(text)).to.equal(nanoseconds);
    });
  }

  it('formats milliseconds so that they parse to the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (value) => parseDuration(formatDuration(value)) === value),
    );
  });

  it('is total on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseNanoseconds(text) !== 'string'));
  });
});
