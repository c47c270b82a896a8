import { expect } from 'chai';
import { environment } from '../../cmd/environment.js';
import {
  createReflector,
  isGone,
  resources,
  type ApiClient,
  type ApiError,
  type KubeObject,
  type Reflector,
} from '../../kube/index.js';
import { binary, run } from '../localkube/index.js';
import { eventually } from '../support/poll.js';
import { apiServer, type ApiServer } from '../unit/kube/support/api-server.js';

describe('kube against a real API server: the reflector', function () {
  this.timeout(60_000);
  let server: ApiServer;
  let client: ApiClient;
  let namespace: string;
  let reflector: Reflector;
  let told: string[];
  let lists: number;
  let failures: unknown[];

  before(async function () {
    this.timeout(300_000);
    server = await apiServer();
    client = server.client();
  });
  after(() => client?.close());
  beforeEach(async () => {
    namespace = await server.namespace();
    [told, lists, failures] = [[], 0, []];
    reflector = createReflector({
      client,
      resource: resources.configMaps,
      namespaces: [namespace],
      labelSelector: 'of=test',
      clock: environment.clock,
      random: environment.random,
      hooks: { onRelist: () => lists++, onFailure: (_resource, error) => failures.push(error) },
    });
    reflector.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    await reflector.start();
  });
  afterEach(() => reflector?.stop());

  const config = (name: string, data: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, labels: { of: 'test' } },
    data,
  });
  const create = (name: string) => client.create(resources.configMaps, config(name));
  const tells = (...expected: string[]) =>
    eventually(
      `it tells of ${expected.join()}`,
      30_000,
      async () =>
        told.join() === expected.join() ? { done: true, value: told } : { done: false, seen: { told, failures } },
      10,
    );

  it('follows creations, changes, deletions, and what leaves the selection', async () => {
    await create('a');
    await client.mergePatch(resources.configMaps, { namespace, name: 'a' }, { data: { b: '1' } });
    await create('b');
    await client.mergePatch(resources.configMaps, { namespace, name: 'a' }, { metadata: { labels: null } });
    await client.remove(resources.configMaps, { namespace, name: 'b' });
    await tells('ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a', 'DELETED b');
    expect([reflector.store.size, lists, failures]).to.deep.equal([0, 1, []]);
  });

  it('reads its own writes, and the events that follow say nothing new', async () => {
    const created = await create('a');
    reflector.observe(created);
    expect(reflector.store.get(namespace, 'a')?.metadata.uid).to.equal(created.metadata.uid);
    const changed = await client.mergePatch(resources.configMaps, { namespace, name: 'a' }, { data: { b: '1' } });
    reflector.observe(changed);
    reflector.observe(created);
    expect(reflector.store.get(namespace, 'a')?.metadata.resourceVersion).to.equal(changed.metadata.resourceVersion);
    await create('z');
    await tells('ADDED a', 'MODIFIED a', 'ADDED z');
  });

  it('does not bring back what was deleted, by the answer of an earlier write', async () => {
    const created = await create('a');
    await tells('ADDED a');
    await client.remove(resources.configMaps, { namespace, name: 'a' });
    await tells('ADDED a', 'DELETED a');
    reflector.observe(created);
    expect(reflector.store.size).to.equal(0);
  });

  it('outlives the API server, finds what changed meanwhile, and is told so when its revision was compacted', async () => {
    for (const name of ['stays', 'goes']) await create(name);
    await tells('ADDED stays', 'ADDED goes');
    const apiServerProcess = server.cluster.component('kube-apiserver');
    await apiServerProcess.stop('SIGKILL');
    await etcdctl('del', `/registry/configmaps/${namespace}/goes`);
    const { header } = JSON.parse(await etcdctl('get', 'x', '--write-out=json')) as { header: { revision: number } };
    await etcdctl('compact', String(header.revision));
    apiServerProcess.start();
    await tells('ADDED stays', 'ADDED goes', 'DELETED goes');
    expect(lists).to.equal(2);
    expect(failures.some(isGone), failures.map(String).join()).to.equal(true);
    await eventually('it can be written to again', 30_000, async () => ({ done: true, value: await create('after') }));
    await tells('ADDED stays', 'ADDED goes', 'DELETED goes', 'ADDED after');
    const late = client.watch(resources.configMaps, { namespace, resourceVersion: '1' })[Symbol.asyncIterator]().next();
    const error = await late.catch((reason: unknown) => reason as ApiError);
    expect(error).to.include({ status: 410, reason: 'Expired' });
  });

  async function etcdctl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(server.cluster.netns, [await binary('etcd-3.6', 'etcdctl'), ...args]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }
});
