import { expect } from 'chai';
import {
  createApiClient,
  createReflector,
  resources,
  type ApiClient,
  type KubeObject,
  type Reflector,
} from '../../../kube/index.js';
import { fakeClock, middling, type FakeClock } from './support/fake-clock.js';
import {
  failure,
  json,
  reset,
  silence,
  standIn,
  type Answer,
  type Received,
  type StandIn,
} from './support/stand-in.js';
import { until } from './support/until.js';

const pod = (name: string, revision: number, namespace = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, resourceVersion: String(revision), managedFields: [{ manager: 'x' }] },
  spec: { secret: 'long' },
});

/** A server with pods: lists what it has, keeps watches open, and tells them of changes. */
class Pods {
  revision = 10;
  readonly pods = new Map<string, KubeObject>();
  readonly watches = new Set<Received>();
  lists = 0;

  readonly answer: Answer = (request) =>
    request.query.get('watch') === 'true' ? this.#watch(request) : this.#list(request);

  put(name: string, namespace = 'shop'): void {
    const type = this.pods.has(`${namespace}/${name}`) ? 'MODIFIED' : 'ADDED';
    const object = pod(name, ++this.revision, namespace);
    this.pods.set(`${namespace}/${name}`, object);
    this.tell({ type, object });
  }

  tell(event: object | string): void {
    const line = typeof event === 'string' ? event : `${JSON.stringify(event)}\n`;
    for (const { response } of this.watches) response.write(line);
  }

  end(): void {
    for (const { response } of this.watches) response.end();
  }

  #list(request: Received): void {
    this.lists++;
    const namespace = /namespaces\/([^/]+)/.exec(request.path)?.[1];
    const items = [...this.pods.values()].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
    json(200, { kind: 'PodList', items, metadata: { resourceVersion: String(this.revision) } })(request);
  }

  #watch(request: Received): void {
    request.response.writeHead(200).flushHeaders();
    const since = Number(request.query.get('resourceVersion'));
    for (const object of this.pods.values()) {
      if (Number(object.metadata.resourceVersion) > since)
        request.response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
    }
    this.watches.add(request);
    request.response.once('close', () => this.watches.delete(request));
  }
}

describe('kube: the reflector', () => {
  let server: StandIn;
  let clock: FakeClock;
  let client: ApiClient;
  let pods: Pods;
  let failures: unknown[];
  let reflector: Reflector;
  beforeEach(async () => {
    server = await standIn();
    clock = fakeClock();
    client = createApiClient({ ...server.connection, clock, random: middling });
    pods = new Pods();
    server.otherwise = pods.answer;
    failures = [];
    reflector = createReflector({ client, resource: resources.pods, ...common() });
  });
  afterEach(async () => {
    await reflector.stop();
    client.close();
    await until('no connection left', () => server.open === 0);
    expect(clock.pending(), 'timers left behind').to.deep.equal([]);
    await server.stop();
  });
  const common = () => ({
    clock,
    random: middling,
    hooks: { onFailure: (_: unknown, error: unknown) => void failures.push(error) },
  });
  const held = (): string[] =>
    reflector.store.list().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
  const holds = (...expected: string[]) =>
    until(
      `the store holds ${expected.join()}`,
      () => held().join() === expected.join(),
      () => ({ held: held(), failures }),
    );
  /** On both sides: the idle timer runs, and nothing else does. */
  const watching = () =>
    until(
      'a watch is open',
      () => pods.watches.size === 1 && clock.pending().every((ms) => ms > 10_000) && clock.pending().length === 1,
    );
  const waiting = () =>
    until(
      'the reflector waits',
      () => clock.pending().some((ms) => ms <= 500),
      () => clock.pending(),
    );

  it('lists, then follows', async () => {
    pods.put('a');
    expect(reflector.hasSynced()).to.equal(false);
    await reflector.start();
    expect(reflector.hasSynced()).to.equal(true);
    expect(held()).to.deep.equal(['a@11']);
    await watching();
    pods.put('b');
    await holds('a@11', 'b@12');
    const query = Object.fromEntries(server.received[1]?.query ?? []);
    expect(query).to.deep.equal({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '11',
      timeoutSeconds: '270',
    });
  });

  it('keeps only what it was told to keep', async () => {
    reflector = createReflector({
      client,
      resource: resources.pods,
      ...common(),
      trim: (object) => ({ ...object, spec: undefined }),
    });
    pods.put('a');
    await reflector.start();
    await watching();
    pods.put('b');
    await holds('a@11', 'b@12');
    reflector.observe(pod('c', 99));
    for (const object of reflector.store.list()) {
      expect([object['spec'], object.metadata.managedFields]).to.deep.equal([undefined, undefined]);
    }
    expect(reflector.store.size).to.equal(3);
  });

  const error = (code: number, reason: string) => ({
    type: 'ERROR',
    object: { kind: 'Status', code, reason, message: reason },
  });
  const cut = (): void => {
    for (const { socket } of pods.watches) socket.destroy();
  };
  const faults: { name: string; fault: () => void; lists: number; failures: number }[] = [
    { name: 'the end of its time', fault: () => pods.end(), lists: 1, failures: 0 },
    { name: '410 in the stream', fault: () => pods.tell(error(410, 'Expired')), lists: 2, failures: 1 },
    {
      name: '410 as the answer',
      fault: () => {
        server.next(failure(410, 'Expired'));
        pods.end();
      },
      lists: 2,
      failures: 1,
    },
    {
      name: 'an error event and the end',
      fault: () => (pods.tell(error(500, 'InternalError')), pods.end()),
      lists: 1,
      failures: 1,
    },
    { name: 'half a line', fault: () => (pods.tell('{"type":"ADD'), pods.end()), lists: 1, failures: 1 },
    { name: 'a line of garbage', fault: () => pods.tell('<html>\n'), lists: 1, failures: 1 },
    { name: 'an event without an object', fault: () => pods.tell('{"type":"ADDED"}\nnull\n'), lists: 1, failures: 1 },
    {
      name: '429',
      fault: () => {
        server.next(failure(429, 'TooManyRequests'));
        pods.end();
      },
      lists: 1,
      failures: 1,
    },
    {
      name: '500',
      fault: () => {
        server.next(failure(500, 'InternalError'));
        pods.end();
      },
      lists: 1,
      failures: 1,
    },
    { name: 'a TCP reset', fault: cut, lists: 1, failures: 1 },
    {
      name: 'a TCP reset and one of the list after it',
      fault: () => {
        // A reset met on a kept connection is asked again at once: two of them count as one.
        server.next(failure(410, 'Expired'), reset, reset);
        pods.end();
      },
      lists: 2,
      failures: 2,
    },
  ];
  for (const { name, fault, lists, failures: expected } of faults) {
    it(`follows on after ${name}`, async () => {
      pods.put('a');
      await reflector.start();
      await watching();
      pods.put('a');
      await holds('a@12');
      const asked = server.received.length;
      fault();
      for (let index = 0; index < expected; index++) {
        await until(
          'it failed',
          () => failures.length === index + 1,
          () => failures,
        );
        await waiting();
        await clock.advance(400);
      }
      await until('it asked again', () => server.received.length > asked);
      await watching();
      pods.put('b');
      await holds('a@12', 'b@13');
      expect({ lists: pods.lists, failures: failures.length }).to.deep.equal({ lists, failures: expected });
    });
  }

  it('notices a stream that has gone silent, and lists again when that repeats', async () => {
    await reflector.start();
    await watching();
    for (const lists of [1, 2]) {
      const [before] = pods.watches;
      const [left = 0] = clock.pending();
      expect(left).to.be.within(89_500, 90_000);
      await clock.advance(left - 1);
      expect(failures).to.have.length(lists - 1);
      await clock.advance(1);
      await until('it failed', () => failures.length === lists);
      await waiting();
      await clock.advance(500);
      await until('the old watch is gone', () => !pods.watches.has(before as Received));
      await watching();
      expect(pods.lists).to.equal(lists);
    }
    pods.put('a');
    await holds('a@11');
  });

  it('stays with a silent stream as long as bookmarks come', async () => {
    await reflector.start();
    await watching();
    for (let index = 0; index < 4; index++) {
      await clock.advance(60_000);
      pods.tell({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '10' } } });
      await until(
        'the timer is set anew',
        () => clock.pending().includes(90_000),
        () => clock.pending(),
      );
    }
    expect([pods.lists, server.received.length, failures.length]).to.deep.equal([1, 2, 0]);
  });

  it('waits as long as the server asks for, and longer each time', async () => {
    server.next(failure(429, 'TooManyRequests', { details: { retryAfterSeconds: 7 } }));
    void reflector.start();
    await until('it failed', () => failures.length === 1);
    await until('it waits', () => clock.pending().length === 1);
    expect(clock.pending()).to.deep.equal([7000]);
    server.otherwise = reset;
    const waits: number[] = [];
    await clock.advance(7000);
    for (let count = 2; count < 11; count++) {
      await until('it failed', () => failures.length === count);
      await until('it waits', () => clock.pending().length === 1);
      waits.push(...clock.pending());
      await clock.advance(waits.at(-1) ?? 0);
    }
    expect(waits).to.deep.equal([400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('does not hammer a server that ends each watch at once', async () => {
    server.otherwise = (request) =>
      request.query.get('watch') === 'true' ? void request.response.writeHead(200).end() : pods.answer(request);
    await reflector.start();
    await waiting();
    expect(server.received).to.have.length(2);
    expect(clock.pending()).to.deep.equal([200]);
  });

  it('keeps a throwing handler from the others and from itself', async () => {
    const seen: string[] = [];
    reflector.onEvent(() => {
      throw new Error('mine');
    });
    const off = reflector.onEvent(({ type, object, old }) => {
      seen.push(`${type} ${object.metadata.name}${old === undefined ? '' : ` was @${old.metadata.resourceVersion}`}`);
    });
    pods.put('a');
    await reflector.start();
    await watching();
    pods.put('a');
    await holds('a@12');
    off();
    pods.put('a');
    await holds('a@13');
    expect(seen).to.deep.equal(['ADDED a', 'MODIFIED a was @11']);
    expect(failures.map(String)).to.deep.equal(['Error: mine', 'Error: mine', 'Error: mine']);
  });

  it('reads its own writes, but takes in nothing that its selectors leave out', async () => {
    reflector = createReflector({ client, resource: resources.pods, ...common(), labelSelector: 'app=a' });
    await reflector.start();
    reflector.observe(pod('a', 11));
    const labelled = { ...pod('b', 12), metadata: { ...pod('b', 12).metadata, labels: { app: 'a' } } };
    reflector.observe(labelled);
    expect(held()).to.deep.equal(['b@12']);
  });

  it('follows several namespaces and no other', async () => {
    reflector = createReflector({
      client,
      resource: resources.pods,
      ...common(),
      namespaces: ['shop', 'bank', 'shop'],
    });
    for (const namespace of ['shop', 'bank', 'forest']) pods.put('a', namespace);
    await reflector.start();
    expect(
      reflector.store
        .list()
        .map(({ metadata }) => metadata.namespace)
        .sort(),
    ).to.deep.equal(['bank', 'shop']);
    reflector.observe(pod('b', 99, 'forest'));
    reflector.observe(pod('b', 99, 'bank'));
    expect(reflector.store.list('bank')).to.have.length(2);
    expect(reflector.store.size).to.equal(3);
    expect(server.received.map(({ path }) => path).slice(0, 2)).to.have.members(
      ['shop', 'bank'].map((namespace) => `/api/v1/namespaces/${namespace}/pods`),
    );
  });

  for (const [when, answers, reached] of [
    ['watching', [], () => watching()],
    ['waiting to try again', [reset], () => waiting()],
    [
      'its watch is being opened',
      [json(200, { items: [], metadata: { resourceVersion: '1' } }), silence],
      () => until('asked', () => server.received.length === 2),
    ],
  ] as const) {
    it(`stops while ${when}, leaving nothing open`, async () => {
      server.next(...answers);
      void reflector.start();
      await reached();
      await reflector.stop();
    });
  }

  it('is released from waiting for the first list by a stop', async () => {
    server.otherwise = () => undefined;
    const started = reflector.start();
    await until('asked', () => server.received.length === 1);
    await reflector.stop();
    await started;
    expect(reflector.hasSynced()).to.equal(false);
  });
});
