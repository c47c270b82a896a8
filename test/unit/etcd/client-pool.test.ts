import { expect } from 'chai';
import { environment } from '../../../cmd/environment.js';
import { createClientPool, type ClientCertificate, type MemberTarget } from '../../../etcd/index.js';

const certificate = (name: string): ClientCertificate => ({ ca: 'ca', certificate: name, key: `key of ${name}` });

function target(changed: Partial<MemberTarget> = {}): MemberTarget {
  return { address: '127.0.0.1:9', serverName: 'm0.test', ...changed };
}

/** With a clock that a test moves, and timers that run when a test says so. */
function pool() {
  let now = 0;
  const timers: (() => void)[] = [];
  const after = (_ms: number, run: () => void) => {
    timers.push(run);
    return () => void timers.splice(timers.indexOf(run), 1);
  };
  const clock = { ...environment.clock, now: () => now, after };
  return {
    timers,
    sweep: () => timers.splice(0).forEach((run) => run()),
    pool: createClientPool({ deadlineMs: 1000, idleMs: 60_000, environment: { ...environment, clock } }),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** A closed client rejects before it sends anything. */
async function isClosed(client: { status(): Promise<unknown> }): Promise<boolean> {
  const error: unknown = await client.status().catch((caught: unknown) => caught);
  return error instanceof Error && error.message === 'aborted before it was sent';
}

describe('client pool', () => {
  it('gives one client for one target, though its text came anew', () => {
    const { pool: clients } = pool();
    const tls = () => certificate('a');
    expect(clients.client(target({ tls: tls() }))).to.equal(clients.client(target({ tls: tls() })));
    clients.close();
  });

  const others: readonly [sentence: string, MemberTarget][] = [
    ['another address', target({ address: '127.0.0.2:9', tls: certificate('a') })],
    ['another name', target({ serverName: 'm1.test', tls: certificate('a') })],
    ['another certificate', target({ tls: certificate('b') })],
    ['another authority', target({ tls: { ...certificate('a'), ca: 'new' } })],
    ['no TLS', target()],
  ];
  for (const [sentence, other] of others) {
    it(`gives another client for ${sentence}`, () => {
      const { pool: clients } = pool();
      expect(clients.client(target({ tls: certificate('a') }))).to.not.equal(clients.client(other));
      clients.close();
    });
  }

  it('closes what nobody asked for in a while', async () => {
    const { pool: clients, pass, sweep } = pool();
    const [used, unused] = [clients.client(target()), clients.client(target({ serverName: 'm1.test' }))];
    pass(60_000);
    expect(clients.client(target())).to.equal(used);
    sweep();
    expect(await isClosed(unused)).to.equal(false);
    pass(1);
    sweep();
    expect([await isClosed(used), await isClosed(unused)]).to.deep.equal([false, true]);
    clients.close();
  });

  it('ends with no timer when the last is closed, though nobody asks for anything any more', async () => {
    const { pool: clients, pass, timers, sweep } = pool();
    const last = clients.client(target());
    pass(60_001);
    sweep();
    expect([await isClosed(last), timers.length]).to.deep.equal([true, 0]);
  });

  it('looks again while a client is in use, and no longer once it is closed', async () => {
    const { pool: clients, pass, timers, sweep } = pool();
    const used = clients.client(target());
    pass(30_000);
    clients.client(target());
    pass(30_001);
    sweep();
    expect([await isClosed(used), timers.length]).to.deep.equal([false, 1]);
    clients.close();
    expect(timers).to.deep.equal([]);
  });

  it('closes all at the end', async () => {
    const { pool: clients } = pool();
    const client = clients.client(target());
    clients.close();
    expect(await isClosed(client)).to.equal(true);
  });
});
