import { expect } from 'chai';
import { createAuthority } from '../../../certs/index.js';
import { environment } from '../../../cmd/environment.js';
import {
  ApiError,
  createApiClient,
  resources,
  type ApiClient,
  type Exchange,
  type TlsMaterial,
} from '../../../kube/index.js';
import { fakeClock, middling, type FakeClock } from './support/fake-clock.js';
import { failure, json, reset, silence, standIn, type StandIn } from './support/stand-in.js';
import { until } from './support/until.js';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'a' } };
const at = { namespace: 'shop', name: 'a' };

describe('kube: the transport', () => {
  let server: StandIn;
  let clock: FakeClock;
  let client: ApiClient;
  let exchanges: Exchange[];
  beforeEach(async () => {
    server = await standIn();
    clock = fakeClock();
    exchanges = [];
    const onExchange = (exchange: Exchange): void => void exchanges.push(exchange);
    client = createApiClient({ ...server.connection, clock, random: middling, onExchange });
  });
  afterEach(async () => {
    client.close();
    await server.stop();
    expect(clock.pending(), 'timers left behind').to.deep.equal([]);
  });
  const get = () => client.get(resources.pods, at);
  const create = () => client.create(resources.pods, pod);
  const failed = async (call: Promise<unknown>): Promise<ApiError> => {
    const error = await call.then(
      () => expect.fail('it succeeded'),
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ApiError);
    return error as ApiError;
  };

  it('keeps one connection for calls one after the other', async () => {
    server.otherwise = json(200, pod);
    for (let index = 0; index < 50; index++) await get();
    expect(server.accepted).to.equal(1);
  });

  it('asks a read again, once and on a new connection, when the server had closed the kept one', async () => {
    server.otherwise = json(200, pod);
    await get();
    server.next(reset);
    expect(await get()).to.deep.equal(pod);
    expect(server.received.map(({ connection }) => connection)).to.deep.equal([1, 1, 2]);
    server.next(json(200, pod), reset, reset);
    await get();
    expect(await failed(get())).to.include({ status: 0, reason: 'Connection', isAmbiguous: false });
  });

  it('does not repeat a write that met a connection closed by the server, and says that it is in doubt', async () => {
    server.otherwise = json(201, pod);
    await create();
    server.next(reset);
    expect(await failed(create())).to.include({ status: 0, reason: 'Connection', isAmbiguous: true });
    expect(server.received).to.have.length(2);
    expect(exchanges.at(-1)).to.deep.include({ method: 'POST', status: 0, isAmbiguous: true });
  });

  it('does not repeat a read that met a reset on a new connection', async () => {
    server.next(reset);
    expect(await failed(get())).to.include({ reason: 'Connection', isAmbiguous: false });
    expect(server.received).to.have.length(1);
  });

  for (const [what, call, isAmbiguous] of [
    ['a read', get, false],
    ['a write', create, true],
  ] as const) {
    it(`gives up ${what} at its deadline`, async () => {
      server.otherwise = silence;
      const error = failed(call());
      await until('asked', () => server.received.length === 1);
      await clock.advance(9_999);
      await clock.advance(1);
      expect(await error).to.include({ status: 0, reason: 'Timeout', isAmbiguous });
      await until('closed', () => server.open === 0);
    });
  }

  it('counts the deadline to the last byte of the answer', async () => {
    server.next(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"kind":');
    });
    const error = failed(client.get(resources.pods, at, { deadlineMs: 300 }));
    await until('asked', () => server.received.length === 1);
    await clock.advance(300);
    expect(await error).to.include({ reason: 'Timeout' });
  });

  it('ends a call when its signal aborts, before and while it is under way', async () => {
    server.otherwise = silence;
    const abort = new AbortController();
    const error = failed(client.create(resources.pods, pod, { signal: abort.signal }));
    await until('asked', () => server.received.length === 1);
    abort.abort();
    expect(await error).to.include({ reason: 'Aborted', isAmbiguous: true });
    const later = await failed(client.create(resources.pods, pod, { signal: abort.signal }));
    expect(later).to.include({ reason: 'Aborted', isAmbiguous: false });
    expect(server.received).to.have.length(1);
  });

  it('knows that a write never left where the server cannot be reached or is not trusted', async () => {
    const { certificate } = await createAuthority({ commonName: 'stand-in', validityMs: 3_600_000 }, environment);
    const stranger = createApiClient({ ...server.connection, tls: { ca: certificate }, clock, random: middling });
    const untrusted = await failed(stranger.create(resources.pods, pod));
    expect(untrusted).to.include({ status: 0, reason: 'Connection', isAmbiguous: false });
    expect(untrusted.message).to.match(/signature|certificate/);
    const nowhere = createApiClient({ server: 'https://127.0.0.1:1', tls: {}, clock, random: middling });
    expect(await failed(nowhere.create(resources.pods, pod))).to.include({ reason: 'Connection', isAmbiguous: false });
    expect(server.received).to.deep.equal([]);
  });

  it('calls a write in doubt when its answer broke off or is not JSON', async () => {
    server.next(({ response, socket }) => {
      response.writeHead(201, { 'content-length': '1000' });
      response.write('{', () => socket.destroy());
    });
    expect(await failed(create())).to.include({ reason: 'Connection', isAmbiguous: true });
    server.next(({ response }) => void response.writeHead(201).end('<html>'));
    expect(await failed(create())).to.include({ reason: 'Garbled', isAmbiguous: true });
    server.next(failure(504, 'Timeout'));
    expect(await failed(create())).to.include({ status: 504, reason: 'Timeout', isAmbiguous: true });
  });

  it('opens new connections when the certificates changed, and lets a watch on the old ones be', async () => {
    const { ca } = server.connection.tls as TlsMaterial;
    let tls: TlsMaterial = { ca };
    const rotating = createApiClient({ ...server.connection, tls: async () => tls, clock, random: middling });
    server.next(({ response }) => void response.writeHead(200).flushHeaders());
    const watch = rotating.watch(resources.pods, { resourceVersion: '1' })[Symbol.asyncIterator]();
    const event = watch.next();
    await until('watching', () => server.received.length === 1);
    await rotating.get(resources.pods, at);
    expect(server.open).to.equal(2);
    tls = { ca: `${ca}\n` };
    await rotating.get(resources.pods, at);
    expect(server.accepted).to.equal(3);
    await until('the idle one closed', () => server.open === 2);
    const line = { type: 'ADDED', object: { ...pod, metadata: { ...pod.metadata, resourceVersion: '2' } } };
    server.received[0]?.response.write(`${JSON.stringify(line)}\n`);
    expect(await event).to.deep.equal({ done: false, value: line });
    await watch.return?.();
    await until('the watch closed', () => server.open === 1);
    rotating.close();
    await until('all closed', () => server.open === 0);
  });

  it('sends the token it is given each time, and has it looked up again after a 401', async () => {
    let token = 'first';
    let invalidated = 0;
    const tokenSource = { token: async () => token, invalidate: () => void invalidated++ };
    const bearer = createApiClient({ ...server.connection, tokenSource, clock, random: middling });
    await bearer.get(resources.pods, at);
    token = 'second';
    server.next(failure(401, 'Unauthorized'));
    expect(await failed(bearer.get(resources.pods, at))).to.include({ status: 401, reason: 'Unauthorized' });
    expect(server.received.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer first',
      'Bearer second',
    ]);
    expect(invalidated).to.equal(1);
    bearer.close();
  });

  it('refuses an address without TLS', () => {
    const tls = {};
    expect(() => createApiClient({ server: 'http://localhost:8080', tls, clock, random: middling })).to.throw(
      /must be https/,
    );
  });
});
