import { expect } from 'chai';
import {
  ApiError,
  conflictingFields,
  createApiClient,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isNamespaceTerminating,
  isGone,
  isInvalid,
  isNotFound,
  resources,
  type ApiClient,
  type Exchange,
  type KubeObject,
} from '../../../kube/index.js';
import { fakeClock, middling } from './support/fake-clock.js';
import { failure, json, standIn, type Received, type StandIn } from './support/stand-in.js';

const config: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'shop', name: 'a b', uid: 'u1', managedFields: [{}] },
  data: { key: 'value' },
};
const at = { namespace: 'shop', name: 'a b' };
const core = '/api/v1/namespaces/shop/configmaps';
const write = { fieldManager: 'quorate', fieldValidation: 'Strict' };

describe('kube: calls', () => {
  let server: StandIn;
  let client: ApiClient;
  let exchanges: Exchange[];
  before(async () => {
    server = await standIn();
  });
  after(() => server.stop());
  beforeEach(() => {
    server.received.length = 0;
    server.otherwise = json(200, config);
    exchanges = [];
    const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
    const headers = { 'impersonate-user': 'eve' };
    client = createApiClient({
      ...server.connection,
      headers,
      version: '1.2.3',
      clock: fakeClock(),
      random: middling,
      onExchange,
    });
  });
  afterEach(() => client.close());

  const shown = ({ method, path, query, headers, body }: Received) => ({
    method,
    path,
    query: Object.fromEntries(query),
    type: headers['content-type'],
    body,
  });
  const merge = 'application/merge-patch+json';
  const status = { ...config, status: {} };
  const rows: [name: string, call: () => Promise<unknown>, expected: Partial<ReturnType<typeof shown>>][] = [
    ['get', () => client.get(resources.configMaps, at), { method: 'GET', path: `${core}/a%20b`, query: {} }],
    [
      'get of a cluster-wide kind',
      () => client.get(resources.storageClasses, { name: 'fast' }),
      { method: 'GET', path: '/apis/storage.k8s.io/v1/storageclasses/fast', query: {} },
    ],
    [
      'create',
      () => client.create(resources.configMaps, config, { dryRun: true }),
      { method: 'POST', path: core, query: { ...write, dryRun: 'All' }, type: 'application/json', body: config },
    ],
    [
      'apply, without managedFields and with the uid as precondition',
      () => client.apply(resources.configMaps, config, { force: true, fieldManager: 'other' }),
      {
        method: 'PATCH',
        path: `${core}/a%20b`,
        query: { ...write, fieldManager: 'other', force: 'true' },
        type: 'application/apply-patch+yaml',
        body: { ...config, metadata: { namespace: 'shop', name: 'a b', uid: 'u1' } },
      },
    ],
    [
      'apply of a subresource',
      () => client.apply(resources.etcdClusters, status, { subresource: 'status' }),
      { method: 'PATCH', path: '/apis/quorate.dev/v1alpha1/namespaces/shop/etcdclusters/a%20b/status', query: write },
    ],
    [
      'merge patch',
      () => client.mergePatch(resources.configMaps, at, { data: null }),
      { method: 'PATCH', path: `${core}/a%20b`, query: write, type: merge, body: { data: null } },
    ],
    [
      'update',
      () => client.update(resources.configMaps, config),
      { method: 'PUT', path: `${core}/a%20b`, query: write, type: 'application/json', body: config },
    ],
    [
      'remove with preconditions',
      () =>
        client.remove(resources.configMaps, at, {
          uid: 'u1',
          resourceVersion: '7',
          propagationPolicy: 'Foreground',
          gracePeriodSeconds: 0,
        }),
      {
        method: 'DELETE',
        path: `${core}/a%20b`,
        query: {},
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions: { uid: 'u1', resourceVersion: '7' },
          propagationPolicy: 'Foreground',
          gracePeriodSeconds: 0,
        },
      },
    ],
    [
      'remove without',
      () => client.remove(resources.configMaps, at),
      { method: 'DELETE', body: { apiVersion: 'v1', kind: 'DeleteOptions' } },
    ],
    [
      'raw',
      () => client.raw({ method: 'GET', path: '/version?a=b' }),
      { method: 'GET', path: '/version', query: { a: 'b' } },
    ],
  ];
  for (const [name, call, expected] of rows) {
    it(`${name} asks as the API wants it`, async () => {
      await call();
      expect(server.received.map(shown)).to.have.length(1);
      expect(server.received.map(shown)[0]).to.deep.include(expected);
    });
  }

  it('says who it is and carries the headers of the connection and of the call', async () => {
    await client.create(resources.configMaps, config, { headers: { 'audit-id': 'effect-17' } });
    expect(server.received[0]?.headers).to.deep.include({
      'user-agent': 'quorate/1.2.3',
      'impersonate-user': 'eve',
      'audit-id': 'effect-17',
      accept: 'application/json',
    });
  });

  it('tells the observer of each exchange', async () => {
    server.next(json(201, config, { 'audit-id': 'x1' }), failure(409, 'AlreadyExists'));
    await client.create(resources.configMaps, config, { headers: { effect: '1' } });
    await client.create(resources.configMaps, config).catch(() => undefined);
    const told = {
      method: 'POST',
      path: `${core}?fieldManager=quorate&fieldValidation=Strict`,
      isAmbiguous: false,
      durationMs: 0,
    };
    expect(exchanges).to.deep.equal([
      { ...told, headers: { effect: '1' }, status: 201, auditId: 'x1' },
      { ...told, headers: {}, status: 409, auditId: undefined },
    ]);
  });

  describe('of something absent', () => {
    const missing = failure(404, 'NotFound', { details: { name: 'a b', kind: 'configmaps' } });
    it('gives undefined, or "absent"', async () => {
      server.next(missing, missing);
      expect(await client.get(resources.configMaps, at)).to.equal(undefined);
      expect(await client.remove(resources.configMaps, at)).to.equal('absent');
      expect(await client.remove(resources.configMaps, at)).to.equal('deleted');
    });
    it('throws when it is not the object but the kind that is unknown', async () => {
      server.otherwise = ({ response }) => void response.writeHead(404).end('404 page not found\n');
      for (const call of [client.get(resources.etcdClusters, at), client.remove(resources.etcdClusters, at)]) {
        const error = await call.catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(ApiError).and.include({ status: 404, reason: 'Unknown' });
        expect(isNotFound(error)).to.equal(false);
      }
    });
  });

  const causes = [{ reason: 'FieldManagerConflict', field: '.data.key', message: 'conflict with "kubectl"' }];
  const judges = { isNotFound, isConflict, isAlreadyExists, isInvalid, isForbidden, isGone };
  for (const [name, answer, judged, expected] of [
    ['a conflict', failure(409, 'Conflict', { details: { causes } }), 'isConflict', { causes }],
    ['an object that exists', failure(409, 'AlreadyExists'), 'isAlreadyExists', {}],
    [
      'an invalid object',
      failure(422, 'Invalid', { message: 'spec.size: no' }),
      'isInvalid',
      { message: `POST ${core}: spec.size: no` },
    ],
    ['a missing right', failure(403, 'Forbidden'), 'isForbidden', {}],
    ['a compacted revision', failure(410, 'Expired'), 'isGone', {}],
    [
      'too many requests',
      json(429, 'slow down', { 'retry-after': '3' }),
      undefined,
      { retryAfterMs: 3000, reason: 'Unknown' },
    ],
    [
      'seconds in the status',
      failure(500, 'ServerTimeout', { details: { retryAfterSeconds: 2 } }),
      undefined,
      { retryAfterMs: 2000 },
    ],
  ] as const) {
    it(`tells ${name} apart`, async () => {
      server.next(answer);
      const error = await client.create(resources.configMaps, config).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ApiError).and.deep.include(expected);
      const holding = Object.entries(judges).filter(([, judge]) => judge(error));
      expect(holding.map(([judge]) => judge)).to.deep.equal(judged === undefined ? [] : [judged]);
    });
  }

  it('knows a namespace that is being deleted by its cause, as a case of what is forbidden', async () => {
    const ending = { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace', message: 'is going' }] };
    server.next(failure(403, 'Forbidden', { details: ending }), failure(403, 'Forbidden'));
    const told: boolean[][] = [];
    for (let index = 0; index < 2; index++) {
      const error = await client.create(resources.configMaps, config).catch((reason: unknown) => reason);
      told.push([isForbidden(error), isNamespaceTerminating(error)]);
    }
    expect(told).to.deep.equal([
      [true, true],
      [true, false],
    ]);
  });

  it('says conflict, whichever way the server says that the uid is another’s', async () => {
    const immutable = { causes: [{ field: 'metadata.uid', reason: 'FieldValueInvalid' }] };
    server.next(failure(422, 'Invalid', { details: immutable }), failure(409, 'Conflict'));
    for (let index = 0; index < 2; index++) {
      const error = await client.apply(resources.configMaps, config).catch((reason: unknown) => reason);
      expect(isConflict(error)).to.equal(true);
    }
  });

  it('names the fields that another manager owns', async () => {
    server.next(failure(409, 'Conflict', { details: { causes } }), failure(409, 'Conflict'));
    const first = await client.apply(resources.configMaps, config).catch((reason: unknown) => reason);
    const second = await client.apply(resources.configMaps, config).catch((reason: unknown) => reason);
    expect([first, second, new Error('x')].map(conflictingFields)).to.deep.equal([['.data.key'], [], []]);
  });

  describe('list', () => {
    const page = (names: string[], more: object = {}) =>
      json(200, {
        kind: 'PodList',
        items: names.map((name) => ({ metadata: { name, namespace: 'shop' } })),
        metadata: { resourceVersion: '9', ...more },
      });
    const named = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } });

    it('reads all pages and gives built-in objects the kind that lists leave out', async () => {
      server.next(page(['a', 'b'], { continue: 't1', remainingItemCount: 1 }), page(['c'], { continue: '' }));
      const selection = { namespace: 'shop', labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n' };
      const list = await client.list(resources.pods, selection);
      expect(list).to.deep.equal({ items: ['a', 'b', 'c'].map(named), resourceVersion: '9' });
      const query = { labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n', limit: '500' };
      expect(server.received.map((request) => Object.fromEntries(request.query))).to.deep.equal([
        query,
        { ...query, continue: 't1' },
      ]);
    });

    it('starts over, in one piece, when the next page has expired', async () => {
      server.next(page(['a'], { continue: 't1' }), failure(410, 'Expired'), page(['b', 'c']));
      const list = await client.list(resources.pods);
      expect(list.items).to.deep.equal(['b', 'c'].map(named));
      expect(Object.fromEntries(server.received[2]?.query ?? [])).to.deep.equal({});
      expect(server.received[2]?.path).to.equal('/api/v1/pods');
    });

    it('takes no items for none', async () => {
      server.next(json(200, { items: null, metadata: { resourceVersion: '1' } }));
      expect(await client.list(resources.pods)).to.deep.equal({ items: [], resourceVersion: '1' });
    });
  });
});
