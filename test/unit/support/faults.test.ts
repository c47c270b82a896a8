import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EffectRecord } from '../../../controller/effects.js';
import { differences, told } from '../../faults/difference.js';
import {
  countNumbered,
  countSent,
  endings,
  kindOf,
  readEffects,
  struck,
  type EffectLine,
} from '../../faults/effect-log.js';
import { allFaults, nameOf, parseFault, partOf, sample } from '../../faults/fault.js';
import { createFaultHook } from '../../faults/hook.js';
import { judge } from '../../faults/judge.js';
import { normalise } from '../../faults/normalise.js';

const effect = (number: number, verb = 'create'): EffectRecord => ({
  number,
  id: `x-${number}`,
  cluster: 'a/orders',
  policy: 'size',
  verb,
  target: 'member/orders-1',
  evidence: 'because',
  precondition: '',
});

describe('faults', () => {
  it('are named and read back', () => {
    const texts = ['before:1', 'after:17', 'lost:finish the membership change update configmaps/orders-members'];
    expect(texts.map(parseFault)).to.deep.equal([
      { mode: 'before', number: 1 },
      { mode: 'after', number: 17 },
      { mode: 'lost', kind: 'finish the membership change update configmaps/orders-members' },
    ]);
    expect(texts.map(parseFault).map(nameOf)).to.deep.equal(texts);
  });

  for (const text of [
    '',
    'before',
    'during:1',
    'before:0',
    'before:1x',
    'before:-1',
    'lost:promote',
    'lost:size promote orders-1',
  ]) {
    it(`refuses "${text}"`, () => {
      expect(() => parseFault(text)).to.throw(
        `a fault must be before:N, after:N or lost:N, N a number or a kind of effect, not "${text}"`,
      );
    });
  }

  it('of two effects are six, in the order in which they strike', () => {
    const all = ['before:1', 'after:1', 'lost:1', 'before:2', 'after:2', 'lost:2'];
    expect(allFaults(2).map(nameOf)).to.deep.equal(all);
  });

  it('are the whole in parts, each of them once', () => {
    const all = allFaults(7);
    const parts = ['1/4', '2/4', '3/4', '4/4'].map((part) => partOf(all, part).map(nameOf));
    expect(parts.map(({ length }) => length)).to.deep.equal([6, 5, 5, 5]);
    expect(parts.flat().sort()).to.deep.equal(all.map(nameOf).sort());
    expect(partOf(all, '1/1')).to.deep.equal(all);
    expect(partOf(all, '2-2').map(nameOf)).to.deep.equal(['before:2', 'after:2', 'lost:2']);
    for (const wrong of ['', '0/4', '5/4', '1', '1/0', 'a/b'])
      expect(() => partOf(all, wrong), wrong).to.throw(
        `a part must be 1/N to N/N, or effects FIRST-LAST, not "${wrong}"`,
      );
  });

  it('are sampled alike for one seed, and otherwise for another, in their order and in every mode', () => {
    const all = allFaults(100);
    const chosen = sample(all, 10, 1);
    expect(chosen).to.deep.equal(sample(all, 10, 1));
    expect(chosen).not.to.deep.equal(sample(all, 10, 2));
    expect(chosen).to.have.length(30);
    expect(chosen.map(({ number }) => number)).to.deep.equal(chosen.map(({ number }) => number).sort((a, b) => a - b));
    expect([...new Set(chosen.map(({ mode }) => mode))].sort()).to.deep.equal(['after', 'before', 'lost']);
    expect(sample(all, 1, 5)).to.deep.equal(all);
  });
});

describe('fault hook', () => {
  let folder: string;
  let log: string;
  let deaths: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-hook-'));
    log = join(folder, 'effects.jsonl');
    deaths = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const hook = (fault?: string) =>
    createFaultHook({ log, die: () => (deaths += 1), ...(fault === undefined ? {} : { fault: parseFault(fault) }) });
  /** What the effect wrapper does; resolves also where the process would be dead. */
  const perform = async (of: ReturnType<typeof hook>, number: number, verb?: string): Promise<string> => {
    const dead = new Promise<string>((resolve) => setTimeout(() => resolve('dead'), 20));
    const live = async (): Promise<string> => {
      await of.before?.(effect(number, verb));
      await of.after?.(effect(number, verb), undefined);
      return 'done';
    };
    return Promise.race([live().catch((error: unknown) => (error as Error).name), dead]);
  };
  const logged = (): string[] => readEffects(log).map(({ what, effect: { number } }) => `${what} ${number}`);

  it('logs each effect before and after', async () => {
    const undisturbed = hook();
    for (const number of [1, 2]) expect(await perform(undisturbed, number)).to.equal('done');
    expect(logged()).to.deep.equal(['sending 1', 'done 1', 'sending 2', 'done 2']);
    expect(countSent(readEffects(log))).to.equal(2);
  });

  it('tells how each effect that was sent ended: what a fault struck after its reply was carried out', async () => {
    const dying = hook('after:3');
    await dying.before?.(effect(1));
    for (const number of [2, 3]) await perform(dying, number);
    await perform(hook('before:1'), 4);
    expect(endings(readEffects(log))).to.deep.equal([
      { effect: effect(1), outcome: 'failed' },
      { effect: effect(2), outcome: 'done' },
      { effect: effect(3), outcome: 'done' },
    ]);
  });

  it('dies before an effect is sent', async () => {
    const dying = hook('before:2');
    expect([await perform(dying, 1), await perform(dying, 2)]).to.deep.equal(['done', 'dead']);
    expect(logged()).to.deep.equal(['sending 1', 'done 1', 'fault 2']);
    expect(deaths).to.equal(1);
  });

  it('dies after its reply', async () => {
    expect(await perform(hook('after:1'), 1)).to.equal('dead');
    expect(logged()).to.deep.equal(['sending 1', 'fault 1']);
    expect(struck(readEffects(log))).to.deep.equal([`after:${kindOf(effect(1))}`]);
  });

  it('loses one reply as the client of that effect would, and lives on', async () => {
    const losing = hook('lost:1');
    expect([await perform(losing, 1, 'add-learner'), await perform(losing, 2)]).to.deep.equal(['EtcdError', 'done']);
    expect(await perform(hook('lost:1'), 5, 'patch')).to.equal('ApiError');
    expect(deaths).to.equal(0);
  });

  it('strikes the first effect of the kind that it names', async () => {
    const dying = hook(`after:${kindOf(effect(0, 'promote'))}`);
    const verbs = ['add-learner', 'promote'];
    const ends = [];
    for (const [index, verb] of verbs.entries()) ends.push(await perform(dying, index + 1, verb));
    expect(ends).to.deep.equal(['done', 'dead']);
    expect(logged()).to.deep.equal(['sending 1', 'done 1', 'sending 2', 'fault 2']);
    expect(struck(readEffects(log))).to.deep.equal(['after:size promote member/orders-1']);
  });

  it('counts what is only tried again as one, also where a status was written between', async () => {
    const promote = effect(0, 'promote');
    const status = { ...effect(0, 'apply'), policy: 'status', target: 'etcdclusters/orders/status' };
    const file = { ...effect(0, 'update'), target: 'configmaps/orders-members' };
    const sent = [promote, promote, status, promote, file, file, promote].map((each): EffectLine => ({
      at: '',
      process: 1,
      what: 'sending',
      effect: each,
    }));
    const counts = sent.map((_, index) => countNumbered(sent.slice(0, index + 1)));
    expect(counts).to.deep.equal([1, 1, 2, 2, 3, 4, 5]);
    const dying = hook('before:3');
    for (const each of [promote, promote, status, promote]) await dying.before?.(each);
    expect(deaths).to.equal(0);
    void dying.before?.(file);
    expect(deaths).to.equal(1);
  });

  it('strikes the next effect that succeeds when its own failed', async () => {
    const dying = hook('after:1');
    await dying.before?.(effect(1));
    expect(await perform(dying, 2)).to.equal('dead');
    expect(logged()).to.deep.equal(['sending 1', 'sending 2', 'fault 2']);
  });
});

describe('end states', () => {
  const world = (over: object = {}) =>
    normalise(
      {
        objects: {
          'Service/a': {
            metadata: { name: 'a', namespace: 'fault-7', uid: 'x', resourceVersion: '1', labels: { inc: '0123abcd' } },
            spec: { clusterIP: '10.64.64.9', host: 'a-0.fault-7.svc' },
          },
        },
        cluster: '00c0ffee00c0ffee',
        also: '00c0ffee00c0ffee',
        at: '2026-01-02T03:04:05Z',
        ...over,
      },
      'fault-7',
    );

  it('are what objects say, not when they were made or what they were called by chance', () => {
    expect(world()).to.deep.equal({
      also: '<id 1>',
      at: '<time>',
      cluster: '<id 1>',
      objects: {
        'Service/a': {
          metadata: { labels: { inc: '<id 2>' }, name: 'a', namespace: '<namespace>' },
          spec: { clusterIP: '<ip>', host: 'a-0.<namespace>.svc' },
        },
      },
    });
  });

  it('are equal for other names of chance', () => {
    expect(differences(world(), world({ cluster: 'beefbeefbeefbeef', also: 'beefbeefbeefbeef' }))).to.deep.equal([]);
  });

  it('differ where two IDs are no longer one', () => {
    const found = differences(world(), world({ also: 'beefbeefbeefbeef' })).map(({ path }) => path);
    expect(found).to.include('cluster');
  });

  it('differ by an object more, an object less, another value', () => {
    const objects = { objects: { 'Secret/b': {} }, at: 'never' };
    expect(differences(world(), world(objects)).map(told)).to.deep.equal([
      'at: without the fault "<time>", with it "never"',
      'objects.Secret/b: without the fault nothing, with it {}',
      'objects.Service/a: without the fault {"metadata":{"labels":{"inc":"<id 2>"},"name":"a","namespace":"<namespace>"},"spec":{"clusterIP":"<ip>","host":"a-0.<namespace>.svc"}}, with it nothing',
    ]);
  });

  it('are judged together with what went wrong on the way', () => {
    const state = world();
    expect(judge({ state }, { state, problems: [] })).to.deep.equal([]);
    expect(judge({ state }, { state, problems: ['a resync wrote'] })).to.deep.equal(['a resync wrote']);
    expect(judge({ state }, { problems: [] })).to.deep.equal(['the workflow gave no end state']);
    expect(judge({ state }, { state: world({ at: 'never' }), problems: [] })).to.deep.equal([
      'at: without the fault "<time>", with it "never"',
    ]);
  });
});
