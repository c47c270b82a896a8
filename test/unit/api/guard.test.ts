import { expect } from 'chai';
import { acceptedSpec, guard, judge, type EtcdClusterSpec } from '../../../api/index.js';
import { cluster, context } from './cluster.js';
import { forbidden, invalid } from './rows/row.js';

const judged = (spec: unknown, accepted?: EtcdClusterSpec, parts = {}) =>
  guard(cluster(spec, parts), accepted && acceptedSpec(accepted), context('UPDATE', 'guard'));

describe('api: the guard in the controller', () => {
  it('accepts a new cluster that admission would accept', () => {
    expect(judged({ size: 3 })).to.deep.equal({ causes: [], warnings: [] });
  });

  it('refuses a new cluster that came past the webhook', () => {
    expect(judged({ size: 2, version: 'banana' }).causes.map(({ rule }) => rule)).to.deep.equal([
      'size-odd',
      'version-known',
    ]);
  });

  it('refuses a size from `kubectl scale`', () => {
    expect(judged({ size: 4 }, { size: 3 }).causes).to.deep.equal([
      invalid('size-odd', 'spec.size', '4: must be one of 0, 1, 3, 5, 7; nearest: 3 or 5'),
    ]);
  });

  it('compares with what is carried out, not with what was stored before', () => {
    expect(judged({ size: 3, version: '3.6.16' }, { size: 3, version: '3.6.12' }).causes).to.deep.equal([
      forbidden(
        'version-unchanged',
        'spec.version',
        'cannot be changed on an existing cluster in this version of Quorate; keep "3.6.12"',
      ),
    ]);
  });

  it('takes a field that was left out as the one that is carried out', () => {
    expect(judged({ size: 5 }, { size: 3, version: '3.6.12', storage: { size: '20Gi' } }).causes).to.deep.equal([]);
  });

  it('does not mind probes, which it derives itself', () => {
    expect(judged({ size: 1, probes: { liveness: { tcpSocket: { port: 1 } } } }, { size: 1 }).causes).to.deep.equal([]);
  });

  it('judges a shrink on the status of the object', () => {
    const status = {
      members: [{ id: 'a', name: 'orders-0', learner: false, leader: true, healthy: false }],
      lastProbeTime: '2026-11-23T11:59:30Z',
    };
    const causes = judged({ size: 1 }, { size: 3 }, { status }).causes;
    expect(causes.map(({ rule }) => rule)).to.deep.equal(['size-shrink-healthy']);
  });

  it('lets go what is being deleted', () => {
    const metadata = { deletionTimestamp: '2026-11-23T11:00:00Z' };
    expect(judged({ size: 2 }, { size: 3 }, { metadata }).causes).to.deep.equal([]);
  });
});

describe('api: deletion', () => {
  const protectedCluster = cluster({ size: 3, deletionProtection: 'Enabled' });

  it('is refused while protected', () => {
    expect(judge(null, protectedCluster, context('DELETE')).causes).to.deep.equal([
      forbidden(
        'deletion-protected',
        'spec.deletionProtection',
        'is Enabled; set it to Disabled before deleting this cluster',
      ),
    ]);
  });

  it('is allowed otherwise', () => {
    expect(judge(null, cluster({ size: 3 }), context('DELETE')).causes).to.deep.equal([]);
    expect(judge(null, undefined, context('DELETE')).causes).to.deep.equal([]);
  });

  it('once begun lets every update pass, so that finalizers can go', () => {
    const metadata = { deletionTimestamp: '2026-11-23T11:00:00Z', finalizers: [] };
    const next = cluster({ size: 4, version: 'banana' }, { metadata });
    expect(judge(next, protectedCluster, context('UPDATE'))).to.deep.equal({ causes: [], warnings: [] });
  });
});
