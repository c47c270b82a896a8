import { expect } from 'chai';
import { createMetrics, type Metrics } from '../../../controller/metrics.js';
import { plan } from '../../../controller/plan.js';
import { statusOf } from '../../../controller/status/index.js';
import { now, view } from './view-builder.js';

/** "name{labels} value" of every series about one cluster. */
async function seriesOf(metrics: Metrics, cluster: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line.includes(`name="${cluster}"`));
}

describe('metrics of a cluster', () => {
  const built = view().running(3).unhealthy(2).build();
  const status = statusOf(built, plan(built));
  const orders = { namespace: 'shop', name: 'orders' };
  const carts = { namespace: 'shop', name: 'carts' };
  const of = (metric: string, labels = ''): string =>
    `quorate_cluster_${metric}{namespace="shop",name="orders"${labels}}`;

  it('say its members, conditions, phase and dates', async () => {
    const metrics = createMetrics();
    metrics.status(orders, status);
    const said = await seriesOf(metrics, 'orders');
    const condition = (type: string, value: string): string =>
      `${of('condition', `,type="${type}",status="${value}"`)} 1`;
    expect(said.filter((line) => !line.endsWith(' 0'))).to.deep.equal([
      `${of('members', ',state="voting"')} 3`,
      `${of('members', ',state="healthy"')} 2`,
      condition('Ready', 'False'),
      condition('Available', 'True'),
      condition('Reconciling', 'False'),
      condition('Stalled', 'False'),
      condition('QuorumLost', 'False'),
      condition('AlarmActive', 'False'),
      condition('CertificatesReady', 'True'),
      condition('Paused', 'False'),
      `${of('phase', ',phase="Degraded"')} 1`,
      `${of('certificate_not_after_seconds')} ${(now + 80 * 86_400_000) / 1000}`,
      `${of('last_probe_seconds')} ${now / 1000}`,
    ]);
  });

  it('are gone with it, and those of others stay', async () => {
    const metrics = createMetrics();
    metrics.status(orders, status);
    metrics.status(carts, status);
    const ofOthers = await seriesOf(metrics, 'carts');
    metrics.forget(orders);
    expect(await seriesOf(metrics, 'orders')).to.deep.equal([]);
    expect(await seriesOf(metrics, 'carts')).to.deep.equal(ofOthers);
  });
});
