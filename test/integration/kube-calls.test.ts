import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environment } from '../../cmd/environment.js';
import {
  ApiError,
  conflictingFields,
  createApiClient,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  loadConnection,
  resources,
  type ApiClient,
  type Exchange,
  type KubeObject,
  type ObjectMeta,
} from '../../kube/index.js';
import { eventually } from '../support/poll.js';
import { apiServer, type ApiServer } from '../unit/kube/support/api-server.js';

describe('kube against a real API server: calls', function () {
  this.timeout(30_000);
  let server: ApiServer;
  let client: ApiClient;
  let namespace: string;
  let exchanges: Exchange[];

  before(async function () {
    this.timeout(300_000);
    server = await apiServer();
    namespace = await server.namespace();
  });
  beforeEach(() => {
    exchanges = [];
    client = server.client({ onExchange: (exchange) => void exchanges.push(exchange) });
  });
  afterEach(() => client.close());

  const config = (name: string, data: Record<string, string>, metadata: Partial<ObjectMeta> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, ...metadata },
    data,
  });
  const at = (name: string) => ({ namespace, name });
  const failed = async (call: Promise<unknown>): Promise<ApiError> => {
    const error = await call.then(
      (answer) => expect.fail(`it succeeded: ${JSON.stringify(answer)}`),
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ApiError);
    return error as ApiError;
  };

  it('creates, reads, patches, updates, lists and deletes', async () => {
    const created = await client.create(resources.configMaps, config('crud', { a: '1' }));
    expect(created.metadata).to.have.property('uid');
    expect(await client.get(resources.configMaps, at('crud'))).to.deep.equal(created);
    const patched = await client.mergePatch(resources.configMaps, at('crud'), { data: { a: null, b: '2' } });
    expect(patched['data']).to.deep.equal({ b: '2' });
    const stale = await failed(client.update(resources.configMaps, { ...created, data: { c: '3' } }));
    expect(isConflict(stale), stale.message).to.equal(true);
    const updated = await client.update(resources.configMaps, { ...patched, data: { c: '3' } });
    const list = await client.list<KubeObject>(resources.configMaps, {
      namespace,
      fieldSelector: 'metadata.name=crud',
    });
    expect(list.items).to.deep.equal([updated]);
    expect(await client.remove(resources.configMaps, at('crud'))).to.equal('deleted');
    expect(await client.remove(resources.configMaps, at('crud'))).to.equal('absent');
    expect(await client.get(resources.configMaps, at('crud'))).to.equal(undefined);
  });

  it('applies, and is refused fields that another manager owns until it forces', async () => {
    await client.apply(resources.configMaps, config('ssa', { mine: '1' }));
    await client.apply(resources.configMaps, config('ssa', { theirs: '1' }), { fieldManager: 'kubectl' });
    const wanted = config('ssa', { mine: '2', theirs: '2' });
    const conflict = await failed(client.apply(resources.configMaps, wanted));
    expect([isConflict(conflict), conflictingFields(conflict)]).to.deep.equal([true, ['.data.theirs']]);
    const forced = await client.apply(resources.configMaps, wanted, { force: true });
    expect(forced).to.deep.include({ data: { mine: '2', theirs: '2' } });
    const again = await client.apply(resources.configMaps, wanted, { force: true });
    expect(again.metadata.resourceVersion, 'an apply that changes nothing').to.equal(forced.metadata.resourceVersion);
  });

  it('applies to the status', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: 'claim' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
    };
    await client.apply(resources.persistentVolumeClaims, claim);
    const status = { conditions: [{ type: 'Resizing', status: 'True' }] };
    const answer: KubeObject = await client.apply<KubeObject>(
      resources.persistentVolumeClaims,
      { ...claim, spec: undefined, status },
      { subresource: 'status' },
    );
    expect(answer).to.have.nested.property('status.conditions[0].type', 'Resizing');
  });

  it('holds an apply to the uid and the revision that it names', async () => {
    const first = await client.create(resources.configMaps, config('held', { a: '1' }));
    const { uid = '', resourceVersion = '' } = first.metadata;
    const ours = config('held', { a: '2' }, { uid });
    const second = await client.apply(resources.configMaps, ours, { force: true });
    const outdated = config('held', { a: '3' }, { uid, resourceVersion });
    expect(isConflict(await failed(client.apply(resources.configMaps, outdated, { force: true })))).to.equal(true);
    const current = config('held', { a: '3' }, { ...second.metadata, managedFields: [] });
    await client.apply(resources.configMaps, current, { force: true });
    await client.remove(resources.configMaps, at('held'));
    const gone = await failed(client.apply(resources.configMaps, ours, { force: true }));
    expect(isConflict(gone), gone.message).to.equal(true);
    await client.create(resources.configMaps, config('held', { a: 'new' }));
    const foreign = await failed(client.apply(resources.configMaps, ours, { force: true }));
    expect(isConflict(foreign), foreign.message).to.equal(true);
    expect((await client.get(resources.configMaps, at('held')))?.['data']).to.deep.equal({ a: 'new' });
  });

  it('holds a deletion to the uid and the revision that it names', async () => {
    const { metadata } = await client.create(resources.configMaps, config('kept', {}));
    const { uid = '' } = metadata;
    const other = await failed(client.remove(resources.configMaps, at('kept'), { uid: `${uid.slice(0, -4)}0000` }));
    expect(isConflict(other), other.message).to.equal(true);
    await client.mergePatch(resources.configMaps, at('kept'), { data: { a: '1' } });
    const { resourceVersion } = metadata;
    const stale = await failed(client.remove(resources.configMaps, at('kept'), { uid, resourceVersion }));
    expect(isConflict(stale), stale.message).to.equal(true);
    expect(await client.remove(resources.configMaps, at('kept'), { uid })).to.equal('deleted');
  });

  it('is told of what is there already, unfit, misspelt, forbidden or unknown', async () => {
    await client.create(resources.configMaps, config('twice', {}));
    expect(isAlreadyExists(await failed(client.create(resources.configMaps, config('twice', {}))))).to.equal(true);
    const invalid = await failed(client.create(resources.configMaps, config('Not_A_Name', {})));
    expect(isInvalid(invalid)).to.equal(true);
    expect(invalid.causes.map(({ field }) => field)).to.deep.equal(['metadata.name']);
    const typo = { ...config('typo', {}), dtaa: {} };
    const misspelt = await failed(client.create(resources.configMaps, typo));
    expect(misspelt).to.include({ status: 400, reason: 'BadRequest' });
    expect(misspelt.message).to.match(/unknown field "dtaa"/);
    expect((await failed(client.apply(resources.configMaps, typo))).message).to.match(/dtaa: field not declared/);
    const nobody = server.client({ headers: { 'impersonate-user': 'nobody' } });
    expect(isForbidden(await failed(nobody.get(resources.configMaps, at('twice'))))).to.equal(true);
    nobody.close();
    const unknown = { ...resources.configMaps, group: 'nowhere.example' };
    expect(await failed(client.get(unknown, at('x')))).to.include({ status: 404, reason: 'Unknown' });
  });

  it('writes nothing in a dry run', async () => {
    await client.create(resources.configMaps, config('dry', {}), { dryRun: true });
    expect(await client.get(resources.configMaps, at('dry'))).to.equal(undefined);
  });

  it('lists more than a page', async () => {
    const names = Array.from({ length: 620 }, (_, index) => `page-${String(index).padStart(3, '0')}`);
    const waiting = [...names];
    const creator = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        await client.create(resources.configMaps, config(name, {}, { labels: { of: 'pages' } }));
      }
    };
    await Promise.all(Array.from({ length: 16 }, creator));
    exchanges.length = 0;
    const list = await client.list(resources.configMaps, { namespace, labelSelector: 'of=pages' });
    expect(list.items.map(({ metadata }) => metadata.name)).to.deep.equal(names);
    expect(exchanges).to.have.length(2);
    expect(list.items[0]).to.include({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('finds each of its writes in the audit log, by the id that the observer was told', async () => {
    await client.create(resources.configMaps, config('audited', {}), { headers: { 'audit-id': 'effect-1' } });
    await client.remove(resources.configMaps, at('audited'));
    const ids = exchanges.map(({ auditId }) => auditId);
    expect(ids[0]).to.equal('effect-1');
    const wanted = ['create', 'delete'].map((verb, index) => ({ verb, id: ids[index] }));
    await eventually('both are in the audit log', 10_000, async () => {
      const lines = (await readFile(server.cluster.auditLog, 'utf8'))
        .split('\n')
        .filter((line) => line.includes('"audited"'));
      const seen = lines.map(
        (line) => JSON.parse(line) as { auditID: string; verb: string; stage: string; userAgent: string },
      );
      const ours = seen.filter(({ stage, userAgent }) => stage === 'ResponseComplete' && userAgent === 'quorate/dev');
      const found = ours.map(({ verb, auditID }) => ({ verb, id: auditID }));
      return JSON.stringify(found) === JSON.stringify(wanted)
        ? { done: true, value: found }
        : { done: false, seen: found };
    });
  });

  it('tells a namespace that is being deleted from a missing right', async () => {
    const ending = await server.namespace();
    const held = {
      ...config('held', {}),
      metadata: { namespace: ending, name: 'held', finalizers: ['quorate.dev/test'] },
    };
    await client.create(resources.configMaps, held);
    await client.raw({ method: 'DELETE', path: `/api/v1/namespaces/${ending}` });
    const late = { ...config('late', {}), metadata: { namespace: ending, name: 'late' } };
    const refused = await failed(client.create(resources.configMaps, late));
    expect(isForbidden(refused) && isNamespaceTerminating(refused), refused.message).to.equal(true);
    await client.mergePatch(
      resources.configMaps,
      { namespace: ending, name: 'held' },
      { metadata: { finalizers: null } },
    );
  });

  it('works with a service account’s token and takes up the next one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quorate-account-'));
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const tokenOf = async (name: string): Promise<string> => {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
      await client.raw({ method: 'POST', path, body: account });
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { text } = await client.raw({ method: 'POST', path: `${path}/${name}/token`, body: request });
      return (JSON.parse(text) as { status: { token: string } }).status.token;
    };
    const { hostname, port } = new URL(server.cluster.server);
    await writeFile(join(folder, 'ca.crt'), await readFile(server.cluster.caFile));
    await writeFile(join(folder, 'namespace'), namespace);
    await writeFile(join(folder, 'token'), await tokenOf('first'));
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    let passed = 0;
    const clock = { now: () => environment.clock.now() + passed };
    const connection = await loadConnection({ clock, process: { env, root: folder } });
    const account = createApiClient({ ...connection, ...environment });
    const who = async (): Promise<string> => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const answer = await account.raw({ method: 'POST', path: reviews, body });
      return answer.status === 401
        ? '401'
        : (JSON.parse(answer.text) as { status: { userInfo: { username: string } } }).status.userInfo.username;
    };
    expect(await who()).to.equal(`system:serviceaccount:${namespace}:first`);
    await writeFile(join(folder, 'token'), await tokenOf('second'));
    expect(await who()).to.equal(`system:serviceaccount:${namespace}:first`);
    passed = 60_000;
    expect(await who()).to.equal(`system:serviceaccount:${namespace}:second`);
    account.close();
    await rm(folder, { recursive: true });
  });
});
