import { expect } from 'chai';
import fc from 'fast-check';
import { createWorkQueue, type WorkQueue, type WorkQueueOptions } from '../../../kube/index.js';
import { breathe, fakeClock, middling, type FakeClock } from './support/fake-clock.js';

describe('kube: the work queue', () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  let stop: AbortController;
  let begun: string[];
  let ends: Map<string, (error?: Error) => void>;
  const make = (options: Partial<WorkQueueOptions> = {}): void => {
    clock = fakeClock();
    stop = new AbortController();
    queue = createWorkQueue({ clock, random: middling, ...options });
    begun = [];
    ends = new Map();
  };
  beforeEach(() => make());

  /** Works until the test says that it has ended. */
  const held = (key: string): Promise<void> =>
    new Promise((resolve, reject) => {
      begun.push(key);
      ends.set(key, (error) => (error === undefined ? resolve() : reject(error)));
    });
  const quick = async (key: string): Promise<void> => void begun.push(key);
  const end = async (key: string, error?: Error): Promise<void> => {
    ends.get(key)?.(error);
    await breathe();
  };

  it('holds a key once, in the order of the first add', async () => {
    for (const key of ['b', 'a', 'b', 'a']) queue.add(key);
    expect(queue.depth).to.equal(2);
    const running = queue.run(quick, 1, stop.signal);
    await queue.drain();
    expect(begun).to.deep.equal(['b', 'a']);
    stop.abort();
    await running;
  });

  it('never gives one key to two workers; what is added meanwhile is worked on afterwards', async () => {
    void queue.run(held, 3, stop.signal);
    queue.add('a');
    await breathe();
    for (const key of ['a', 'b', 'a']) queue.add(key);
    await breathe();
    expect({ begun, depth: queue.depth }).to.deep.equal({ begun: ['a', 'b'], depth: 0 });
    await end('a');
    expect(begun).to.deep.equal(['a', 'b', 'a']);
    await end('a');
    expect(begun).to.have.length(3);
  });

  it('has at most as many workers as allowed', async () => {
    void queue.run(held, 2, stop.signal);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await breathe();
    expect({ begun, depth: queue.depth }).to.deep.equal({ begun: ['a', 'b'], depth: 1 });
    await end('b');
    expect(begun).to.deep.equal(['a', 'b', 'c']);
  });

  it('does not begin within add()', () => {
    void queue.run(quick, 1, stop.signal);
    queue.add('a');
    expect(begun).to.deep.equal([]);
  });

  it('keeps the soonest of several deadlines of a key', async () => {
    void queue.run(quick, 1, stop.signal);
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 300);
    queue.addAfter('b', 200);
    queue.addAfter('c', 0);
    await clock.advance(99);
    expect(begun).to.deep.equal(['c']);
    await clock.advance(1);
    expect(begun).to.deep.equal(['c', 'a']);
    await clock.advance(1000);
    expect(begun).to.deep.equal(['c', 'a', 'b']);
    queue.addAfter('a', 50);
    await clock.advance(50);
    expect(begun).to.deep.equal(['c', 'a', 'b', 'a']);
  });

  it('survives a deadline beyond what a timer can hold', async () => {
    queue.addAfter('a', 2 ** 40);
    expect(clock.pending()).to.deep.equal([2 ** 31 - 1]);
  });

  it('brings a failed key back later and later, and starts afresh after a success', async () => {
    const retries: number[] = [];
    make({ hooks: { onFailure: (_key, _error, retryInMs) => void retries.push(retryInMs) } });
    let isFailing = true;
    const worker = async (): Promise<void> => {
      if (isFailing) throw new Error('no');
    };
    void queue.run(worker, 1, stop.signal);
    queue.add('a');
    await breathe();
    for (let count = 1; count <= 15; count++) {
      expect(queue.failures('a')).to.equal(count);
      await clock.advance(clock.pending()[0] ?? 0);
    }
    const doubled = Array.from({ length: 16 }, (_, n) => Math.min(5 * 2 ** n, 30_000) * 0.75);
    expect(retries).to.deep.equal(doubled);
    isFailing = false;
    await clock.advance(clock.pending()[0] ?? 0);
    expect([queue.failures('a'), clock.pending()]).to.deep.equal([0, []]);
  });

  it('spreads retries by up to half', async () => {
    for (const [fraction, expected] of [
      [0, 2.5],
      [0.999, 4.9975],
    ] as const) {
      make({ random: { ...middling, fraction: () => fraction } });
      queue.addRateLimited('a');
      expect(clock.pending()[0]).to.be.closeTo(expected, 1e-6);
    }
  });

  it('keeps the backoff of a key whose worker asked for it itself, until forgotten', async () => {
    const worker = async (key: string): Promise<void> => queue.addRateLimited(key);
    void queue.run(worker, 1, stop.signal);
    queue.add('a');
    await breathe();
    await clock.advance(4);
    expect(queue.failures('a')).to.equal(2);
    queue.forget('a');
    expect(queue.failures('a')).to.equal(0);
  });

  it('stops: begins nothing more, waits for who is at work, leaves no timer', async () => {
    let isOver = false;
    const signals: AbortSignal[] = [];
    const running = queue
      .run((key, signal) => (signals.push(signal), held(key)), 1, stop.signal)
      .then(() => (isOver = true));
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 100);
    await breathe();
    stop.abort();
    await breathe();
    expect({ isOver, timers: clock.pending(), told: signals[0]?.aborted }).to.deep.equal({
      isOver: false,
      timers: [],
      told: true,
    });
    await end('a');
    await running;
    expect(begun).to.deep.equal(['a']);
  });

  it('leaves no timer of a worker that came back after the stop: it would keep the process', async () => {
    const worker = async (key: string): Promise<void> => {
      await held(key);
      queue.addAfter(key, 10_000);
    };
    const running = queue.run(worker, 1, stop.signal);
    queue.add('a');
    await breathe();
    stop.abort();
    await end('a');
    await running;
    expect(clock.pending()).to.deep.equal([]);
  });

  it('ends at once when it is told to stop before it began', async () => {
    stop.abort();
    queue.add('a');
    await queue.run(quick, 1, stop.signal);
    expect(begun).to.deep.equal([]);
  });

  it('tells how deep it is, how long keys waited and how long they took', async () => {
    const depths: number[] = [];
    const done: [string, number, number][] = [];
    make({ hooks: { onDepth: (depth) => void depths.push(depth), onDone: (...of) => void done.push(of) } });
    void queue.run(held, 1, stop.signal);
    queue.add('a');
    queue.add('b');
    await clock.advance(70);
    await end('a');
    await clock.advance(30);
    await end('b');
    expect({ depths, done }).to.deep.equal({
      depths: [1, 0, 1, 0],
      done: [
        ['a', 0, 70],
        ['b', 70, 30],
      ],
    });
  });

  it('works on every key after its last add, whatever happens in between', async () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({
        kind: fc.constant('after' as const),
        key: fc.constantFrom('a', 'b', 'c'),
        ms: fc.integer({ min: 0, max: 50 }),
      }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), async (acts, concurrency) => {
        make();
        const active = new Set<string>();
        const dirty = new Set<string>();
        let runs = 0;
        const worker = async (key: string): Promise<void> => {
          expect(active.has(key), 'two workers on one key').to.equal(false);
          active.add(key);
          dirty.delete(key);
          await clock.sleep(10);
          active.delete(key);
          if (++runs % 4 === 0) {
            dirty.add(key);
            throw new Error('every fourth fails');
          }
        };
        const running = queue.run(worker, concurrency, stop.signal);
        for (const step of acts) {
          if (step.kind === 'pass') await clock.advance(step.ms);
          else {
            dirty.add(step.key);
            if (step.kind === 'add') queue.add(step.key);
            else queue.addAfter(step.key, step.ms);
          }
        }
        await clock.advance(2000);
        expect([...dirty], 'keys nobody worked on').to.deep.equal([]);
        await queue.drain();
        stop.abort();
        await running;
      }),
      { numRuns: 60 },
    );
  });
});
