import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse, stringify } from 'yaml';
import { ensureImage } from '../../../tools/image/build.js';
import { down, up, type Cluster } from '../../localkube/index.js';
import { kubectl } from '../../support/place.js';
import { collect } from '../support/collect.js';
import { installOperator } from '../support/install.js';
import { setUpMs, Subject } from '../support/operator.js';

const minute = 60_000;
const name = 'namespaces';
const controllerUser = 'system:serviceaccount:quorate-system:quorate-controller';

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly namespace?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** On a Kubernetes of its own: on one where config/default was applied before, the controller's rights everywhere would stay. */
describe('config/namespaced, for two namespaces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-namespaced-'));
  let place: Cluster;

  before(async function () {
    this.timeout(setUpMs);
    const log = (line: string): void => console.log(`      ${line}`);
    const [{ archive }, cluster] = await Promise.all([
      ensureImage(log),
      up({ name, nodes: 1, certManager: true, log }),
    ]);
    place = cluster;
    for (const namespace of ['etcd', 'etcd-too', 'elsewhere']) await new Subject(place, namespace).begin();
    writeTwoNamespaces(folder);
    await installOperator(place, { archive, folder });
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    this.timeout(minute);
    const namespaces = ['quorate-system', 'etcd', 'etcd-too', 'elsewhere'];
    console.log(`      what was there is in ${await collect(place, this.currentTest.fullTitle(), namespaces)}`);
  });
  after(async function () {
    this.timeout(minute);
    rmSync(folder, { recursive: true });
    await down(name);
  });

  it('carries out clusters in both, and leaves one in a third alone', async function () {
    this.timeout(5 * minute);
    const [one, two, third] = ['etcd', 'etcd-too', 'elsewhere'].map((namespace) => new Subject(place, namespace));
    if (!one || !two || !third) throw new Error('three were asked for');
    // First, so that there was time enough to see it.
    await third.apply({ size: 1 });
    for (const subject of [one, two]) await subject.apply({ size: 1 });
    for (const subject of [one, two]) await subject.settled();
    const alone = await third.get();
    expect(alone?.spec.version, 'the webhook judges everywhere').to.match(/^3\./);
    expect(alone?.status).to.equal(undefined);
    const kinds = 'pods,pvc,services,secrets,configmaps,statefulsets,controllerrevisions,poddisruptionbudgets';
    const there = await kubectl(place, ['get', kinds, '-n', 'elsewhere', '-o', 'name']);
    expect(there).to.equal('configmap/kube-root-ca.crt\n');
    // All that the controller asked, reads too, is in the audit log.
    const asked = audit();
    expect(asked.filter(({ objectRef }) => objectRef?.namespace === 'elsewhere')).to.deep.equal([]);
    expect(
      asked.filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] === 'forbid'),
    ).to.deep.equal([]);
    const may = ['auth', 'can-i', 'list', 'etcdclusters.quorate.dev', '--as', controllerUser];
    const answers = ['etcd', 'etcd-too', 'elsewhere'].map(
      async (namespace) => (await place.kubectl([...may, '-n', namespace])).stdout,
    );
    expect(await Promise.all(answers)).to.deep.equal(['yes\n', 'yes\n', 'no\n']);
  });

  function audit(): readonly AuditEvent[] {
    const text = readFileSync(place.auditLog, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n'));
    const events = whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditEvent]));
    return events.filter(({ user }) => user.username === controllerUser);
  }
});

/** As its comment tells users to: the binding repeated, and the flag once for each. */
function writeTwoNamespaces(folder: string): void {
  const binding = parse(readFileSync('config/namespaced/role-binding.yaml', 'utf8')) as { metadata: object };
  writeFileSync(
    join(folder, 'binding.yaml'),
    stringify({ ...binding, metadata: { ...binding.metadata, namespace: 'etcd-too' } }),
  );
  const flag = { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--watch-namespace=etcd-too' };
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(folder, 'config/namespaced'), 'binding.yaml'],
    patches: [{ target: { kind: 'Deployment', name: 'quorate-controller' }, patch: stringify([flag]) }],
  };
  writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
}
