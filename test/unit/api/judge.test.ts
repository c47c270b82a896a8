import { expect } from 'chai';
import { judge, setDefaults, type EtcdCluster } from '../../../api/index.js';
import { spec as specSchema } from '../../../api/v1alpha1/schema/spec.js';
import { mostProblems } from '../../../api/validate/problem.js';
import { validator } from '../../../api/validate/schema.js';
import { cluster, context, objectsOf } from './cluster.js';
import { rows } from './rows/index.js';
import { now } from './rows/row.js';

describe('api: what admission answers', () => {
  for (const [family, table] of Object.entries(rows)) {
    describe(family, () => {
      for (const row of table) {
        it(row.title, () => {
          const { next, old } = objectsOf(row);
          const verdict = judge(next, old, context(old ? 'UPDATE' : 'CREATE'));
          expect(verdict.causes).to.deep.equal(row.causes);
          // The webhook that fills in the defaults judges after that.
          const filled = judge(setDefaults(next, old), old, context(old ? 'UPDATE' : 'CREATE'));
          expect(filled, 'with its defaults filled in').to.deep.equal(verdict);
          const hasSchemaCause = row.causes.some((cause) => cause.rule === 'schema');
          if (!hasSchemaCause) expect(verdict.warnings).to.deep.equal(row.warnings ?? []);
        });
      }
    });
  }
});

describe('api: a reserved option', () => {
  const values = ['x', 'true', 'x'.repeat(1100), 7, 1.5, true, ['a'], { a: { b: 1 } }, '', []];
  for (const name of ['pre-vote', 'data-dir', 'initial-cluster']) {
    it(`${name} is forbidden, whatever it is set to`, () => {
      for (const value of values) {
        const verdict = judge(cluster({ size: 1, options: { [name]: value } }), undefined, context('CREATE'));
        expect(
          verdict.causes.map(({ rule, field, reason }) => ({ rule, field, reason })),
          JSON.stringify(value).slice(0, 40),
        ).to.deep.equal([{ rule: 'options-reserved', field: `spec.options.${name}`, reason: 'FieldValueForbidden' }]);
      }
    });
  }
});

describe('api: keys of labels and annotations', () => {
  it('are each named where they are not to be set; CEL names the first of each map', () => {
    const spec = {
      size: 1,
      podTemplate: {
        metadata: {
          labels: { 'quorate.dev/a': 'x', 'c d': 'y', 'quorate.dev/b': 'z', 'a b': '' },
          annotations: { 'quorate.dev/c': 'x' },
        },
      },
    };
    const { causes } = judge(cluster(spec), undefined, context('CREATE'));
    const named = causes.map(({ rule, field, message }) => `${rule} ${field} ${message.split('"')[1]}`);
    expect(named).to.deep.equal([
      'pods-reserved-keys spec.podTemplate.metadata.annotations quorate.dev/c',
      'pods-reserved-keys spec.podTemplate.metadata.labels quorate.dev/a',
      'pods-reserved-keys spec.podTemplate.metadata.labels quorate.dev/b',
      'pods-valid-keys spec.podTemplate.metadata.labels a b',
      'pods-valid-keys spec.podTemplate.metadata.labels c d',
    ]);
  });
});

describe('api: a stored status that no API server would hold', () => {
  const statuses: readonly unknown[] = [
    'x',
    { members: 'x' },
    { members: {} },
    { members: [null] },
    { members: [{ name: 5, healthy: false }], lastProbeTime: new Date(now).toISOString() },
    { members: [{ healthy: false }], lastProbeTime: { toString: 1 } },
    { operation: { type: { toString: 1 } } },
    { stoppedSize: { toString: 1 } },
  ];
  for (const [from, to] of [
    [5, 1],
    [0, 3],
  ] as const) {
    it(`is read as far as it is sound: ${from} → ${to}`, () => {
      for (const status of statuses) {
        const old = { ...cluster({ size: from }), status } as unknown as EtcdCluster;
        const { causes } = judge(cluster({ size: to }), old, context('UPDATE'));
        expect(
          causes.map(({ rule }) => rule),
          JSON.stringify(status),
        ).to.satisfy((rules: string[]) => rules.every((rule) => rule === 'size-shrink-healthy'));
      }
    });
  }
});

describe('api: an object with very many mistakes', () => {
  it('is told some of them, and no more are put into words than are told', () => {
    const values = Array.from({ length: 32 }, () => '!');
    const matchExpressions = Array.from({ length: 16 }, () => ({ key: '!', operator: 'x', values }));
    const term = { labelSelector: { matchExpressions }, topologyKey: '!' };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: Array(8).fill(term) } };
    const spec = { size: 3, version: 7, podTemplate: { spec: { affinity } } };
    const problems = validator(specSchema)(spec, ['spec']);
    expect(problems.length).to.be.within(mostProblems, mostProblems + 2);
    const { causes } = judge(cluster({ ...spec, size: 4 }), undefined, context('CREATE'));
    expect(causes.length).to.be.within(mostProblems, mostProblems + 2);
    expect(
      causes.map(({ rule }) => rule),
      'what is sound is judged all the same',
    ).to.include('size-odd');
  });
});
