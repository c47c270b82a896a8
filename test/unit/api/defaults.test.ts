import { expect } from 'chai';
import {
  acceptedSpec,
  defaultTable,
  guard,
  judge,
  setDefaults,
  type DefaultTable,
  type EtcdClusterSpec,
} from '../../../api/index.js';
import { at, isObject } from '../../../api/json.js';
import { cluster, context } from './cluster.js';

/** What a later operator might choose. */
const later: DefaultTable = {
  version: '3.7.3',
  repository: 'registry.example/etcd',
  storageSize: '16Gi',
  backendQuota: '4Gi',
  compactionPeriod: '2h',
  certificateDuration: '720h',
  certificateRenewBefore: '100h',
  debugImage: 'example/tools',
};

const specOf = (object: unknown): EtcdClusterSpec => at(object, ['spec']) as EtcdClusterSpec;
const defaulted = (spec: unknown, old?: unknown): EtcdClusterSpec =>
  specOf(setDefaults(cluster(spec), old === undefined ? undefined : cluster(old)));

describe('api: defaults', () => {
  it('fill in everything that is needed to run', () => {
    const { probes, ...rest } = defaulted({ size: 3 });
    expect(rest).to.deep.equal({
      size: 3,
      version: '3.6.16',
      image: { repository: 'quay.io/coreos/etcd', tag: '', digest: '', layout: 'Official', pullPolicy: 'IfNotPresent' },
      storage: {
        type: 'PersistentVolumeClaim',
        size: '8Gi',
        retentionPolicy: { whenStopped: 'RetainAll', whenDeleted: 'Retain' },
      },
      deletionProtection: 'Disabled',
      bootstrap: { strategy: 'Parallel', source: { type: 'Empty' } },
      tls: {
        client: { source: 'Operator', operator: { duration: '2160h', renewBefore: '720h' } },
        peer: { source: 'Operator', operator: { duration: '2160h', renewBefore: '720h' } },
      },
      options: { backendQuota: '2Gi', autoCompaction: { mode: 'Periodic', period: '1h' } },
      debug: { mode: 'Disabled', image: 'nicolaka/netshoot' },
      clusterDomain: 'cluster.local',
      paused: false,
    });
    expect(Object.keys(probes ?? {})).to.deep.equal(['strategy', 'readiness', 'liveness', 'startup']);
  });

  it('leave what is ill-typed as it is', () => {
    expect(setDefaults(7)).to.equal(7);
    expect(setDefaults({ spec: [] })).to.deep.equal({ spec: [] });
    expect(defaulted({ size: 1, tls: 'no', storage: { size: 5 } })).to.include({ tls: 'no' });
    expect(defaulted({ size: 1, storage: { size: 5 } }).storage?.size).to.equal(5);
  });

  it('bear with an object that cannot be made a text, where a duration belongs', () => {
    const odd = { toString: null };
    const issuing = (operator: object) => ({ size: 1, tls: { client: { operator } } });
    expect(defaulted(issuing({ duration: odd })).tls?.client?.operator).to.deep.equal({
      duration: odd,
      renewBefore: '720h',
    });
    const kept = defaulted({ size: 1 }, issuing({ renewBefore: odd })).tls?.client?.operator;
    expect(kept).to.have.property('renewBefore', odd);
  });

  it('keep fields that they do not know', () => {
    expect(defaulted({ size: 1, later: { a: 1 } })).to.deep.include({ later: { a: 1 } });
  });

  it('drop nulls, as the API server does', () => {
    expect(defaulted({ size: 1, version: null, paused: null, podTemplate: null })).to.include({
      version: '3.6.16',
      paused: false,
    });
    expect(defaulted({ size: 1, podTemplate: null })).to.not.have.property('podTemplate');
  });

  it('fit the quota to a small volume', () => {
    expect(defaulted({ size: 1, storage: { size: '1Gi' } }).options?.backendQuota).to.equal('768Mi');
  });

  it('renew a short certificate after two thirds of its life', () => {
    expect(defaulted({ size: 1, tls: { peer: { operator: { duration: '2m' } } } }).tls?.peer?.operator).to.deep.equal({
      duration: '2m',
      renewBefore: '40s',
    });
  });

  for (const [duration, renewBefore] of [
    ['1000h1m', '20000m'],
    ['2159h59m', '43199m'],
    ['3h', '1h'],
    ['3h1s', '1h'],
    ['2h59m', '3580s'],
    ['1m', '20s'],
  ] as const) {
    it(`renew a certificate of ${duration} ${renewBefore} before its end, in whole units that the schema takes`, () => {
      const sent = { size: 1, tls: { peer: { operator: { duration } } } };
      expect(defaulted(sent).tls?.peer?.operator).to.deep.equal({ duration, renewBefore });
      expect(judge(cluster(sent), undefined, context('CREATE')).causes).to.deep.equal([]);
    });
  }

  it('fill in no issuing where TLS is off', () => {
    expect(defaulted({ size: 1, tls: { client: { source: 'Disabled' } } }).tls?.client).to.deep.equal({
      source: 'Disabled',
    });
  });

  it('of a later operator change nothing about an existing cluster', () => {
    const stored = setDefaults(cluster({ size: 3 }));
    expect(setDefaults(stored, stored as never, later)).to.deep.equal(stored);
    expect(setDefaults(cluster({ size: 3 }), stored as never, later)).to.deep.equal(stored);
    const accepted = acceptedSpec(specOf(cluster({ size: 3 })), undefined, defaultTable);
    expect(acceptedSpec({ size: 3 }, accepted, later)).to.deep.equal(accepted);
    expect(acceptedSpec({ size: 3 }, undefined, later)).to.deep.include({ version: '3.7.3' });
  });

  it('of a later operator follow a change that the user makes', () => {
    const accepted = acceptedSpec({ size: 3 });
    const next = acceptedSpec({ size: 5, options: { snapshotCount: 500 } }, accepted, later);
    expect(next.options).to.deep.equal({ ...accepted.options, snapshotCount: 500 });
    expect(next.version).to.equal('3.6.16');
  });
});

describe('api: a field that is left out again', () => {
  const compaction = (value: unknown) => ({ size: 1, options: { autoCompaction: value } });
  const issuing = (operator: unknown) => ({ size: 1, tls: { client: { operator } } });
  const revision = { mode: 'Revision', retention: 1000 };
  const usual = { mode: 'Periodic', period: '1h' };
  const rows: readonly (readonly [string, unknown, unknown, unknown])[] = [
    ['all of the compaction', compaction(revision), { size: 1 }, { autoCompaction: usual }],
    ['its mode, which is off', compaction({ mode: 'Disabled' }), compaction({}), { autoCompaction: usual }],
    [
      'its mode, with a period in its place',
      compaction(revision),
      compaction({ period: '2h' }),
      { autoCompaction: { mode: 'Periodic', period: '2h' } },
    ],
    [
      'a period that fits stays',
      compaction({ period: '5h' }),
      compaction({}),
      { autoCompaction: { mode: 'Periodic', period: '5h' } },
    ],
    ['a period that no longer fits', compaction({ period: '5h' }), compaction(revision), { autoCompaction: revision }],
    [
      'a renewal that no longer fits',
      issuing({ duration: '10h', renewBefore: '9h' }),
      issuing({ duration: '1h' }),
      { duration: '1h', renewBefore: '20m' },
    ],
    [
      'a renewal that fits stays',
      issuing({ duration: '10h', renewBefore: '9h' }),
      issuing({ duration: '20h' }),
      { duration: '20h', renewBefore: '9h' },
    ],
    [
      'a renewal that was filled in follows the life',
      issuing({ duration: '2m' }),
      issuing({ duration: '2160h' }),
      { duration: '2160h', renewBefore: '720h' },
    ],
  ];
  for (const [title, first, then, expected] of rows) {
    it(`${title}: the default, or what is stored where that fits`, () => {
      const stored = defaulted(first);
      const next = defaulted(then, stored);
      expect(judge(cluster(then), cluster(stored), context('UPDATE')).causes).to.deep.equal([]);
      expect({ ...next.options, ...next.tls?.client?.operator }).to.deep.include(expected);
    });
  }
});

describe('api: a manifest that is applied twice', () => {
  it('keeps a renewal that fits, also where it is the one that was once filled in', () => {
    const stored = defaulted({ size: 1, tls: { client: { operator: { duration: '90h' } } } });
    const manifest = { size: 1, tls: { client: { operator: { duration: '180h', renewBefore: '30h' } } } };
    const first = defaulted(manifest, stored);
    expect(stored.tls?.client?.operator?.renewBefore).to.equal('30h');
    expect(first.tls?.client?.operator?.renewBefore).to.equal('30h');
    expect(defaulted(manifest, first)).to.deep.equal(first);
  });
});

describe('api: a value that is sent where it does not fit', () => {
  const rows: readonly (readonly [string, unknown, unknown])[] = [
    [
      'the usual renewal gives way to a shorter life',
      { size: 1, tls: { client: { operator: { duration: '100h', renewBefore: '720h' } } } },
      { tls: { client: { source: 'Operator', operator: { duration: '100h', renewBefore: '2000m' } } } },
    ],
    [
      'the usual renewal stays where it fits',
      { size: 1, tls: { client: { operator: { duration: '1000h', renewBefore: '720h' } } } },
      { tls: { client: { source: 'Operator', operator: { duration: '1000h', renewBefore: '720h' } } } },
    ],
    [
      'the usual period gives way to another mode',
      { size: 1, options: { autoCompaction: { mode: 'Disabled', period: '1h' } } },
      { options: { backendQuota: '2Gi', autoCompaction: { mode: 'Disabled' } } },
    ],
  ];
  const before = [undefined, { size: 1 }, { size: 1, options: { autoCompaction: { mode: 'Disabled' } } }];
  for (const [title, sent, expected] of rows) {
    for (const old of before) {
      it(`${title}, ${old ? `over ${JSON.stringify(old)}` : 'at creation'}, and when it is sent again`, () => {
        const once = defaulted(sent, old && defaulted(old));
        const { tls, options } = defaulted(sent, once);
        expect(tls).to.deep.equal(once.tls);
        expect(options).to.deep.equal(once.options);
        expect({ tls: { client: tls?.client }, options }).to.deep.include(expected);
        expect(judge(cluster(sent), cluster(once), context('UPDATE')).causes).to.deep.equal([]);
      });
    }
  }
});

describe('api: a cluster that was made while no webhook was there', () => {
  // The API server gave the static defaults, an operator with other defaults latched the rest.
  const stored = cluster({ size: 3, image: { layout: 'Official', tag: '', digest: '' } });
  const latched = acceptedSpec(stored.spec, undefined, later);

  it('is not given other defaults than it is carried out with', () => {
    const next = specOf(setDefaults({ ...stored, spec: { ...stored.spec, size: 5 } }, stored));
    expect(next).to.not.have.any.keys('version');
    expect(acceptedSpec(next, latched)).to.deep.equal({ ...latched, size: 5 });
  });

  it('may be told its version afterwards, and the guard knows whether it is the one', () => {
    const told = (version: string) => cluster({ ...stored.spec, version });
    expect(judge(told('3.6.1'), stored, context('UPDATE')).causes).to.deep.equal([]);
    const rulesOf = (version: string) =>
      guard(told(version), latched, context('UPDATE', 'guard')).causes.map(({ rule }) => rule);
    expect([rulesOf('3.7.3'), rulesOf('3.6.1')]).to.deep.equal([[], ['version-unchanged']]);
  });

  it('gets a default for a field that the operator which latched it did not know', () => {
    const older = Object.fromEntries(Object.entries(latched).filter(([key]) => key !== 'debug'));
    expect(acceptedSpec(stored.spec, older as never)).to.deep.equal({
      ...latched,
      debug: { mode: 'Disabled', image: 'nicolaka/netshoot' },
    });
  });
});

describe('api: probes in the spec', () => {
  const probes = (spec: unknown) =>
    (isObject(spec) ? spec['probes'] : undefined) as NonNullable<EtcdClusterSpec['probes']>;

  it('are derived anew when the size changes', () => {
    const stored = defaulted({ size: 1 });
    const grown = defaulted({ ...stored, size: 3 }, stored);
    expect(probes(stored).readiness).to.have.property('exec');
    expect(probes(grown).readiness).to.have.property('tcpSocket');
  });

  it('are replaced after `kubectl scale`, which no webhook sees', () => {
    const stored = { ...defaulted({ size: 1 }), size: 3 };
    expect(probes(defaulted({ ...stored, paused: true }, stored)).readiness).to.have.property('tcpSocket');
  });

  it('are replaced where an older operator derived them differently', () => {
    const base = defaulted({ size: 1 });
    const stored = { ...base, probes: { ...probes(base), startup: { ...probes(base).startup, failureThreshold: 24 } } };
    expect(probes(defaulted(stored, stored)).startup).to.deep.equal(probes(base).startup);
    expect(judge(cluster(stored), cluster(stored), context('UPDATE')).causes).to.deep.equal([]);
  });

  it('stay as written, to be refused, when they are neither the old nor the new ones', () => {
    const stored = defaulted({ size: 1 });
    const written = { ...stored, probes: { ...probes(stored), liveness: { tcpSocket: { port: 2379 } } } };
    expect(probes(defaulted(written, stored)).liveness).to.deep.equal({ tcpSocket: { port: 2379 } });
    const causes = judge(cluster(written), cluster(stored), context('UPDATE')).causes;
    expect(causes.map(({ rule, field }) => [rule, field])).to.deep.equal([['probes-derived', 'spec.probes.liveness']]);
  });

  for (const [title, change] of [
    ['another size', { size: 3 }],
    ['another strategy', { probes: { strategy: 'Readyz' } }],
  ] as const) {
    it(`of a manifest that was read from a cluster and given ${title} are taken twice as they are once`, () => {
      const stored = defaulted({ size: 1 });
      const manifest = {
        ...stored,
        ...change,
        probes: { ...probes(stored), ...('probes' in change && change.probes) },
      };
      const first = defaulted(manifest, stored);
      expect(judge(cluster(manifest), cluster(stored), context('UPDATE')).causes).to.deep.equal([]);
      expect(defaulted(manifest, first)).to.deep.equal(first);
      expect(judge(cluster(manifest), cluster(first), context('UPDATE')).causes).to.deep.equal([]);
    });
  }

  it('are carried out as derived now, whatever is stored', () => {
    const stored = { ...defaulted({ size: 1 }), size: 3 };
    expect(acceptedSpec(stored).probes.readiness).to.have.property('tcpSocket');
  });
});
