import { expect } from 'chai';
import fc from 'fast-check';
import { judge, setDefaults, type EtcdCluster } from '../../../api/index.js';
import { rules } from '../../../api/rules/index.js';
import { celRefusals } from './cel.js';
import { cluster, context } from './cluster.js';

const inCRD = new Set(rules.flatMap((rule) => ('cel' in rule && rule.cel ? [rule.id] : [])));

const some = <T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const sizes = fc.constantFrom(0, 1, 2, 3, 5, 7, 8, -1);
const durations = fc.constantFrom(
  ...['1m', '59s', '0s', '999ms', '1h', '10h', '100h', '720h', '2160h', '43800h', '43801h', '50s', '100ms', '9ms'],
);
const quantities = fc.constantFrom(
  ...['512Mi', '511Mi', '1Gi', '2Gi', '8Gi', '9Gi', '15Mi', '100Gi', '6553Mi', '6554Mi', '819Mi', '64Ki', '63Ki', '1'],
);
const keys = fc.constantFrom('a', 'a/b', 'quorate.dev/x', 'a b', '-x', 'x'.repeat(64), 'app.kubernetes.io/name', '/a');
const maps = fc.dictionary(keys, fc.constant('v'), { maxKeys: 3 });
const source = fc.constantFrom('Operator', 'Disabled');
const operator = some({ duration: durations, renewBefore: durations });

/** Specs of values at both sides of every bound, none of them refused by the schema. */
const specs = some({
  version: fc.constantFrom('3.6.16', '3.5.35', '3.5.10', 'v3.5.2', 'v3.6.1', '3.6', '3.8.0', '', 'x', '3.6.01'),
  image: some({ repository: fc.constantFrom('a', 'b'), layout: fc.constantFrom('Official', 'Bitnami') }),
  storage: some({ size: quantities, storageClassName: fc.constantFrom('a', 'b') }),
  tls: some({
    client: some({ source, operator, extraSANs: fc.constant({ dnsNames: ['a'] }) }),
    peer: some({ source, operator }),
  }),
  options: some({
    backendQuota: quantities,
    maxRequestBytes: quantities,
    heartbeatInterval: durations,
    electionTimeout: durations,
    warningUnaryRequestDuration: durations,
    autoCompaction: some({
      mode: fc.constantFrom('Periodic', 'Revision', 'Disabled'),
      period: durations,
      retention: fc.constantFrom(1, 5),
    }),
    name: fc.constant('x'),
    'pre-vote': fc.boolean(),
  }),
  podTemplate: some({ metadata: some({ labels: maps, annotations: maps }) }),
  clusterDomain: fc.constantFrom('cluster.local', 'a.b'),
});

const whole = fc.tuple(sizes, specs).map(([size, spec]) => ({ size, ...spec }));
/** A new spec; or a stored one and an edit of it. */
const edits = {
  'at creation': fc.record({ sent: whole, old: fc.constant(undefined) }),
  'at an edit of one field': fc
    .tuple(whole, whole, fc.constantFrom('version', 'image', 'storage', 'tls', 'options', 'podTemplate', 'size'))
    .map(([old, other, field]) => ({ old, sent: { ...old, [field]: other[field] } })),
  'at an edit of several': fc.tuple(whole, whole).map(([old, { tls, options, podTemplate }]) => ({
    old,
    sent: {
      ...old,
      tls: { ...old.tls, peer: tls?.peer },
      options: { ...old.options, heartbeatInterval: options?.heartbeatInterval },
      podTemplate: { metadata: { ...old.podTemplate?.metadata, annotations: podTemplate?.metadata?.annotations } },
    },
  })),
};

describe('api: CRD and webhook agree on which rule refuses which field', () => {
  for (const [when, pairs] of Object.entries(edits)) {
    it(when, () => {
      fc.assert(fc.property(pairs as fc.Arbitrary<{ sent: object; old: object | undefined }>, agree), { numRuns: 170 });
    });
  }
});

function agree({ sent, old }: { readonly sent: object; readonly old: object | undefined }): void {
  const stored = old && (setDefaults(cluster(old)) as EtcdCluster);
  const next = setDefaults(cluster(sent), stored);
  const { causes } = judge(next, stored, context(stored ? 'UPDATE' : 'CREATE'));
  const named = (all: readonly { rule: string; field: string }[]) => [
    ...new Set(all.map(({ rule, field }) => `${rule} ${field}`)),
  ];
  expect(named(celRefusals(next, stored)).sort()).to.deep.equal(
    named(causes.filter(({ rule }) => inCRD.has(rule))).sort(),
  );
}
