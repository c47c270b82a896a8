import { expect } from 'chai';
import { resources, type KubeObject } from '../../kube/index.js';
import { controlPlane, type ControlPlane } from '../support/control-plane.js';
import { golden, sortedCauses } from '../support/golden.js';

const condition = {
  type: 'Ready',
  status: 'True',
  lastTransitionTime: '2026-11-23T12:00:00Z',
  reason: 'SpecReached',
  message: 'all is well',
};
const status = {
  phase: 'Running',
  conditions: [condition],
  replicas: 3,
  readyMembers: 3,
  selector: 'quorate.dev/cluster=orders',
  leader: 'orders-0',
  currentVersion: '3.6.16',
  dbSize: '20Mi',
  quorum: { voters: 3, healthy: 3, needed: 2, tolerates: 1 },
  members: [
    {
      id: 'fd422379fda50e48',
      name: 'orders-0',
      learner: false,
      leader: true,
      healthy: true,
      version: '3.6.16',
      alarms: [],
    },
  ],
};

describe('the CRD under kubectl', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  let namespace: string;

  before(async function () {
    this.timeout(300_000);
    plane = await controlPlane();
    await plane.installCRD();
  });
  beforeEach(async () => {
    namespace = await plane.namespace();
  });

  const kubectl = (...args: readonly string[]) => plane.cluster.kubectl(['-n', namespace, ...args]);
  const manifest = (spec: unknown, metadata: object = {}) =>
    ({
      apiVersion: 'quorate.dev/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: 'orders', namespace, ...metadata },
      spec,
    }) as KubeObject;
  const create = (spec: unknown, metadata: object = {}) =>
    plane.client.create(resources.etcdClusters, manifest(spec, metadata));
  const stored = async () =>
    (await plane.client.get(resources.etcdClusters, { namespace, name: 'orders' })) as KubeObject & { spec: unknown };

  /** Stores an object as a version without the rules would have. */
  async function createOld(spec: unknown, metadata: object = {}): Promise<void> {
    await plane.installCRD('without rules');
    await create(spec, metadata);
    await plane.installCRD();
  }

  it('is established and structural', async () => {
    const answer = await plane.cluster.kubectl(['get', 'crd', 'etcdclusters.quorate.dev', '-o', 'json']);
    const { conditions } = (JSON.parse(answer.stdout) as { status: { conditions: { type: string; status: string }[] } })
      .status;
    expect(conditions.map(({ type, status: value }) => `${type}=${value}`).sort()).to.deep.equal([
      'Established=True',
      'NamesAccepted=True',
    ]);
  });

  it('gives every static default without a webhook', async () => {
    await create({ size: 1 });
    expect((await stored()).spec).to.deep.equal({
      size: 1,
      image: { tag: '', digest: '', layout: 'Official', pullPolicy: 'IfNotPresent' },
      storage: { type: 'PersistentVolumeClaim', retentionPolicy: { whenStopped: 'RetainAll', whenDeleted: 'Retain' } },
      deletionProtection: 'Disabled',
      bootstrap: { strategy: 'Parallel', source: { type: 'Empty' } },
      tls: { client: { source: 'Operator' }, peer: { source: 'Operator' } },
      probes: { strategy: 'Auto' },
      options: {},
      debug: { mode: 'Disabled' },
      clusterDomain: 'cluster.local',
      paused: false,
    });
  });

  it('refuses `kubectl scale --replicas=2` and accepts 3', async () => {
    await create({ size: 1 });
    const refused = await kubectl('scale', 'etcdcluster', 'orders', '--replicas=2');
    expect(refused.code).to.equal(1);
    await golden('crd/scale.txt', `$ kubectl scale etcdcluster orders --replicas=2\n${refused.stderr}`);
    const accepted = await kubectl('scale', 'etcdcluster', 'orders', '--replicas=3');
    expect(accepted.stdout.trim()).to.equal('etcdcluster.quorate.dev/orders scaled');
    expect((await stored()).spec).to.deep.include({ size: 3 });
  });

  it('refuses an unknown field by strict decoding', async () => {
    const stdin = JSON.stringify(manifest({ size: 3, sise: 5 }));
    const answer = await plane.cluster.kubectl(['apply', '--validate=strict', '-f', '-'], { stdin });
    expect(answer.code).to.equal(1);
    await golden('crd/strict.txt', `$ kubectl apply --validate=strict -f -\n${sortedCauses(answer.stderr)}\n`);
  });

  it('lets status be written on an object that the rules would refuse', async () => {
    await createOld({ size: 4, version: '2.0.0', options: { name: 'x' } });
    await plane.client.mergePatch(
      resources.etcdClusters,
      { namespace, name: 'orders' },
      { status },
      { subresource: 'status' },
    );
    expect(await stored())
      .to.have.property('status')
      .that.deep.equals(status);
  });

  it('lets labels and finalizers of such an object change, and its mistakes be mended one at a time', async () => {
    await createOld(
      { size: 4, version: '2.0.0', options: { name: 'x', backendQuota: '9Gi' } },
      { finalizers: ['example.com/hold'] },
    );
    const patch = (change: object) =>
      plane.client.mergePatch(resources.etcdClusters, { namespace, name: 'orders' }, change);
    await patch({ metadata: { labels: { team: 'a' } } });
    await patch({ spec: { paused: true } });
    await patch({ spec: { options: { name: null } } });
    await patch({ spec: { size: 5 } });
    await patch({ spec: { options: { backendQuota: '1Gi' } } });
    expect((await stored()).spec).to.deep.include({ size: 5, paused: true, options: { backendQuota: '1Gi' } });
    await plane.client.remove(resources.etcdClusters, { namespace, name: 'orders' });
    await patch({ metadata: { finalizers: [] } });
    expect(await stored()).to.equal(undefined);
  });

  it('refuses words in status that are not on the closed lists', async () => {
    await create({ size: 1 });
    const odd = { phase: 'Fine', conditions: [{ ...condition, type: 'Good', reason: 'Because' }] };
    const answer = await kubectl(
      'patch',
      'etcdcluster',
      'orders',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: odd }),
    );
    expect(answer.code).to.equal(1);
    expect(answer.stderr).to.match(/status\.phase: Unsupported value: "Fine"/);
    expect(answer.stderr).to.match(/status\.conditions\[0\]\.type: Unsupported value: "Good"/);
    expect(answer.stderr).to.match(/status\.conditions\[0\]\.reason: Unsupported value: "Because"/);
  });

  it('explains itself like a manual', async () => {
    const pages: string[] = [];
    for (const path of [
      'etcdcluster.spec',
      'etcdcluster.spec.storage.retentionPolicy',
      'ec.spec.size',
      'ec.status.conditions',
    ]) {
      const page = await kubectl('explain', path);
      expect(page.code, page.stderr).to.equal(0);
      pages.push(`$ kubectl explain ${path}\n${page.stdout.trimEnd()}\n`);
    }
    await golden('crd/explain.txt', pages.join('\n'));
  });

  it('shows the columns that people look for, more of them when asked wide', async () => {
    await create({ size: 3 });
    await plane.client.mergePatch(
      resources.etcdClusters,
      { namespace, name: 'orders' },
      { status },
      { subresource: 'status' },
    );
    const columns = async (...more: readonly string[]) =>
      (await kubectl('get', 'ec', ...more)).stdout
        .split('\n')
        .map((line) => line.split(/ {2,}/).filter((cell) => cell !== ''));
    const [plainHead, plain] = await columns();
    expect(plainHead).to.deep.equal(['NAME', 'PHASE', 'SIZE', 'READY', 'LEADER', 'VERSION', 'DB SIZE', 'AGE']);
    expect(plain?.slice(0, -1)).to.deep.equal(['orders', 'Running', '3', '3', 'orders-0', '3.6.16', '20Mi']);
    const [wideHead] = await columns('-o', 'wide');
    expect(wideHead).to.deep.equal([
      'NAME',
      'PHASE',
      'SIZE',
      'READY',
      'LEADER',
      'VERSION',
      'DB SIZE',
      'QUORUM',
      'ALARMS',
      'AGE',
    ]);
  });
});
