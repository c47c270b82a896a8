import { expect } from 'chai';
import fc from 'fast-check';
import { judge } from '../../../api/index.js';
import { cluster, context } from './cluster.js';

const judged = (spec: unknown, name?: string) => judge(cluster(spec, { name }), undefined, context('CREATE')).causes;
const suggestions = (spec: unknown, name?: string): readonly string[] =>
  judged(spec, name).flatMap(({ message }) => /; nearest: (.*) \(rule /.exec(message)?.[1] ?? []);

describe('api: the nearest valid name', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['Orders', 'orders'],
    ['a_b', 'a-b'],
    ['x-', 'x'],
    ['7orders', 'etcd-7orders'],
    ['-x', 'x'],
    ['orders.eu', 'orders-eu'],
    [`7${'a'.repeat(51)}`, `etcd-7${'a'.repeat(46)}`],
    ['a.'.repeat(30), `${'a-'.repeat(25)}a`],
    ['A' + '.'.repeat(200), 'a'],
    ['ордера', 'etcd'],
  ];
  for (const [name, expected] of rows) {
    it(`of "${name}" is "${expected}"`, () => {
      expect([...new Set(suggestions({ size: 1 }, name))]).to.deep.equal([expected]);
    });
  }

  it('is always accepted', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (name) => {
        for (const nearest of suggestions({ size: 1 }, name)) expect(judged({ size: 1 }, nearest)).to.deep.equal([]);
      }),
    );
  });

  it('of one that is megabytes long is there at once', () => {
    const start = process.cpuUsage();
    judged({ size: 1 }, `A${'.'.repeat(2_800_000)}`);
    expect(process.cpuUsage(start).user / 1000).to.be.below(50);
  });
});

describe('api: the nearest valid quota', () => {
  for (const [size, backendQuota] of [
    ['8Gi', '9Gi'],
    ['16Gi', '16Gi'],
    ['1Gi', '9Gi'],
    ['512Mi', '1Mi'],
    ['100Gi', '9Gi'],
  ] as const) {
    it(`to ${backendQuota} on ${size} is one value, and accepted`, () => {
      const nearest = [...new Set(suggestions({ size: 1, storage: { size }, options: { backendQuota } }))];
      expect(nearest).to.have.lengthOf(1);
      expect(judged({ size: 1, storage: { size }, options: { backendQuota: nearest[0] } })).to.deep.equal([]);
    });
  }
});
