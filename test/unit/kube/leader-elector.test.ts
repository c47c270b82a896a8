import { expect } from 'chai';
import fc from 'fast-check';
import { createLeaderElector, type LeaderElector } from '../../../kube/index.js';
import { breathe, fakeClock, middling, type FakeClock } from './support/fake-clock.js';
import { LeaseServer, type Fault } from './support/lease-server.js';

interface Contender {
  readonly elector: LeaderElector;
  readonly stop: AbortController;
  readonly outcome: Promise<'released' | 'lost' | Error>;
  fault: Fault | undefined;
  /** The leader's own work; set to hold it up after its signal. */
  work: (signal: AbortSignal) => Promise<void>;
  readonly told: string[];
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

describe('kube: leader election', () => {
  let server: LeaseServer;
  let clock: FakeClock;
  beforeEach(() => {
    server = new LeaseServer();
    clock = fakeClock();
  });

  function contend(identity: string, at: FakeClock = clock): Contender {
    const stop = new AbortController();
    const told: string[] = [];
    const elector = createLeaderElector({
      client: server.client(() => self.fault),
      namespace: 'system',
      name: 'quorate',
      identity,
      clock: at,
      random: middling,
      onStartedLeading: (signal) => (told.push('started'), self.work(signal)),
      onStoppedLeading: () => void told.push('stopped'),
      onNewLeader: (holder) => void told.push(`leader ${holder}`),
      onFailure: (error) => void told.push(String(error)),
    });
    const outcome = elector.run(stop.signal).catch((error: unknown) => error as Error);
    const self: Contender = { elector, stop, outcome, fault: undefined, work: untilAborted, told };
    return self;
  }
  const leaders = (...contenders: Contender[]): boolean[] => contenders.map(({ elector }) => elector.isLeader());

  it('takes a lease that nobody holds, renews it, and gives it back at the end', async () => {
    const a = contend('a');
    await breathe();
    expect(leaders(a)).to.deep.equal([true]);
    expect(server.lease).to.deep.equal({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'system', name: 'quorate', resourceVersion: '101' },
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: '2026-03-01T12:00:00.000000Z',
        renewTime: '2026-03-01T12:00:00.000000Z',
        leaseTransitions: 0,
      },
    });
    await clock.advance(60_000);
    expect(leaders(a)).to.deep.equal([true]);
    expect(server.lease?.spec).to.deep.include({
      acquireTime: '2026-03-01T12:00:00.000000Z',
      renewTime: '2026-03-01T12:00:59.400000Z',
    });
    a.stop.abort();
    expect(await a.outcome).to.equal('released');
    expect(server.lease?.spec).to.deep.include({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(a.told).to.deep.equal(['leader a', 'started', 'stopped']);
    expect([leaders(a), clock.pending()]).to.deep.equal([[false], []]);
  });

  it('hands over within a retry when the leader leaves cleanly', async () => {
    const [a, b] = [contend('a'), contend('b')];
    await clock.advance(3000);
    expect(leaders(a, b)).to.deep.equal([true, false]);
    a.stop.abort();
    await clock.advance(2200);
    expect(leaders(a, b)).to.deep.equal([false, true]);
    expect(b.told).to.deep.equal(['leader a', 'leader b', 'started']);
    expect(server.lease?.spec?.leaseTransitions).to.equal(1);
  });

  it('is given back only when the leader’s work has ended', async () => {
    const [a, b] = [contend('a'), contend('b')];
    let finish = (): void => undefined;
    a.work = () => new Promise((resolve) => (finish = resolve));
    await clock.advance(1000);
    a.stop.abort();
    await clock.advance(60_000);
    expect(leaders(a, b)).to.deep.equal([true, false]);
    finish();
    await breathe();
    expect(await a.outcome).to.equal('released');
    await clock.advance(2200);
    expect(leaders(b)).to.deep.equal([true]);
  });

  it('passes to another no sooner than 15 s after the last renewal, long after the leader stopped believing in itself', async () => {
    const [a, b] = [contend('a'), contend('b')];
    await clock.advance(1000);
    a.fault = 'refused';
    await clock.advance(8_999);
    expect(leaders(a, b)).to.deep.equal([true, false]);
    await clock.advance(1);
    expect(leaders(a, b)).to.deep.equal([false, false]);
    expect(await a.outcome).to.equal('lost');
    await clock.advance(4_999);
    expect(leaders(b)).to.deep.equal([false]);
    await clock.advance(2_700);
    expect(leaders(b)).to.deep.equal([true]);
  });

  it('counts a renewal from when it was sent: an answer that comes late buys nothing', async () => {
    const a = contend('a');
    await breathe();
    a.fault = 'hangs';
    await clock.advance(10_000);
    expect(leaders(a)).to.deep.equal([false]);
    expect(await a.outcome).to.equal('lost');
    expect(a.told).to.deep.equal(['leader a', 'started', 'stopped']);
  });

  it('is refused its effects as soon as the deadline passed, though no timer ran (the process was stopped)', async () => {
    const a = contend('a');
    await breathe();
    clock.jump(9_999);
    expect(leaders(a)).to.deep.equal([true]);
    clock.jump(1);
    expect(leaders(a)).to.deep.equal([false]);
  });

  it('neither wins nor loses by a wall clock that jumps', async () => {
    const [here, there] = [fakeClock(), fakeClock(Date.parse('1999-01-01T00:00:00Z'))];
    const [a, b] = [contend('a', here), contend('b', there)];
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 500) {
        await here.advance(500);
        await there.advance(500);
      }
    };
    await pass(5000);
    here.jump(86_400_000);
    there.jump(-86_400_000);
    await pass(5000);
    expect(leaders(a, b)).to.deep.equal([true, false]);
    here.jump(-2 * 86_400_000);
    there.jump(3 * 86_400_000);
    await pass(30_000);
    expect(leaders(a, b)).to.deep.equal([true, false]);
  });

  it('renews on after an answer was lost, and after somebody edited the lease', async () => {
    const a = contend('a');
    await breathe();
    a.fault = 'lost reply';
    await clock.advance(2300);
    a.fault = undefined;
    await clock.advance(10_000);
    expect(leaders(a)).to.deep.equal([true]);
    if (server.lease) server.lease = { ...server.lease, metadata: { ...server.lease.metadata, resourceVersion: '7' } };
    await clock.advance(20_000);
    expect(leaders(a)).to.deep.equal([true]);
    expect(server.lease?.spec?.leaseTransitions).to.equal(0);
  });

  it('stops at once when the lease is another’s', async () => {
    const a = contend('a');
    await breathe();
    if (server.lease) {
      const spec = { ...server.lease.spec, holderIdentity: 'usurper' };
      server.lease = { ...server.lease, metadata: { ...server.lease.metadata, resourceVersion: '7' }, spec };
    }
    await clock.advance(4500);
    expect(await a.outcome).to.equal('lost');
    expect(server.lease?.spec?.holderIdentity).to.equal('usurper');
    expect(clock.pending()).to.deep.equal([]);
  });

  it('waits for what it had sent when the lease was lost, but not for ever: the outcome is still told', async () => {
    const a = contend('a');
    const ended: string[] = [];
    let finish = (): void => undefined;
    a.work = () => new Promise((resolve) => (finish = resolve));
    void a.outcome.then((outcome) => ended.push(String(outcome)));
    await breathe();
    a.fault = 'refused';
    await clock.advance(10_000);
    expect([leaders(a), ended]).to.deep.equal([[false], []]);
    finish();
    await breathe();
    expect([ended, clock.pending()]).to.deep.equal([['lost'], []]);
  });

  it('gives up on what it had sent after a while', async () => {
    const a = contend('a');
    a.work = () => new Promise(() => undefined);
    await breathe();
    a.fault = 'refused';
    await clock.advance(15_000);
    expect(await a.outcome).to.equal('lost');
  });

  it('gives the lease back when its work ends by itself, and passes on why', async () => {
    const a = contend('a');
    a.work = () => Promise.reject(new Error('broken'));
    expect(await a.outcome)
      .to.be.instanceOf(Error)
      .with.property('message', 'broken');
    expect(server.lease?.spec?.holderIdentity).to.equal('');
  });

  it('leaves no lease behind when it is stopped while it takes it', async () => {
    const a = contend('a');
    a.stop.abort();
    expect(await a.outcome).to.equal('released');
    expect(a.told).to.deep.equal(['leader a']);
    expect(server.lease?.spec?.holderIdentity).to.equal('');
  });

  it('takes a lease without a record, and one that this identity held', async () => {
    const empty = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'quorate', resourceVersion: '1' },
    };
    for (const lease of [empty, { ...empty, spec: { holderIdentity: 'a', leaseDurationSeconds: 15 } }]) {
      server.lease = lease;
      const a = contend('a');
      await breathe();
      expect(leaders(a)).to.deep.equal([true]);
      a.stop.abort();
      await a.outcome;
    }
  });

  it('refuses periods that cannot be safe', () => {
    const options = { client: server.client(), namespace: 'n', name: 'l', identity: 'a', clock, random: middling };
    const make = () => createLeaderElector({ ...options, renewDeadlineMs: 15_000, onStartedLeading: untilAborted });
    expect(make).to.throw(RangeError);
  });

  it('never has two leaders, whatever fails and whoever is stopped, and always one again in the end', async () => {
    const faults = fc.constantFrom<Fault | undefined>('refused', 'lost reply', 'hangs', undefined, undefined);
    const step = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      act: fc.oneof(
        fc.record({ fault: faults }),
        fc.record({ jump: fc.integer({ min: -50_000, max: 50_000 }) }),
        fc.constant('stop' as const),
      ),
      thenMs: fc.integer({ min: 0, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        server = new LeaseServer();
        const clocks = [fakeClock(), fakeClock(0), fakeClock(5e12)];
        const contenders = clocks.map((own, index) => contend(`c${index}`, own));
        const pass = async (ms: number): Promise<void> => {
          for (let passed = 0; passed < ms; passed += 250) {
            for (const own of clocks) await own.advance(250);
            expect(leaders(...contenders).filter(Boolean).length, 'leaders').to.be.at.most(1);
          }
        };
        for (const { who, act, thenMs } of steps) {
          const contender = contenders[who] as Contender;
          if (act === 'stop') contender.stop.abort();
          else if ('jump' in act) clocks[who]?.jump(act.jump);
          else contender.fault = act.fault;
          await pass(thenMs);
        }
        for (const contender of contenders) contender.fault = undefined;
        contenders.push(contend('late', clocks[0]));
        await pass(25_000);
        expect(leaders(...contenders).filter(Boolean).length, 'leaders in the end').to.equal(1);
        for (const contender of contenders) contender.stop.abort();
        await pass(3000);
      }),
      { numRuns: 25 },
    );
  });
});
