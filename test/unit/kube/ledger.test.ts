import { expect } from 'chai';
import fc from 'fast-check';
import { ApiError } from '../../../kube/index.js';
import type { KubeObject, WatchEvent } from '../../../kube/index.js';
import { createLedger, type Ledger, type StoreEvent } from '../../../kube/ledger.js';
import { createStore, type WritableStore } from '../../../kube/store.js';

const object = (name: string, revision: number, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, resourceVersion: String(revision), ...more },
});

describe('kube: the ledger', () => {
  let store: WritableStore<KubeObject>;
  let ledger: Ledger<KubeObject>;
  let told: string[];
  const fresh = (): void => {
    store = createStore();
    told = [];
    const emit = ({ type, object: { metadata }, old }: StoreEvent<KubeObject>): void => {
      told.push(
        `${type} ${metadata.name}@${metadata.resourceVersion}${old ? ` was @${old.metadata.resourceVersion}` : ''}`,
      );
    };
    ledger = createLedger({ store, namespace: 'shop', emit });
  };
  const list = (revision: number, ...items: KubeObject[]): void => {
    ledger.beginList();
    ledger.replace({ items, resourceVersion: String(revision) });
  };
  const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED', of: KubeObject): void => ledger.follow({ type, object: of });
  const held = (): string[] => store.list().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);

  type Act = () => void;
  const rows: { name: string; acts: Act[]; held: string[]; told: string[]; position?: string }[] = [
    {
      name: 'tells what a list added, changed and no longer has, and nothing of what stayed',
      acts: [
        () => list(5, object('a', 1), object('b', 2), object('c', 3)),
        () => list(9, object('b', 2), object('c', 8), object('d', 7)),
      ],
      held: ['b@2', 'c@8', 'd@7'],
      told: ['ADDED a@1', 'ADDED b@2', 'ADDED c@3', 'MODIFIED c@8 was @3', 'ADDED d@7', 'DELETED a@1 was @1'],
      position: '9',
    },
    {
      name: 'follows events',
      acts: [
        () => list(5),
        () => event('ADDED', object('a', 6)),
        () => event('MODIFIED', object('a', 7)),
        () => event('DELETED', object('a', 8)),
        () => ledger.follow({ type: 'BOOKMARK', resourceVersion: '12' }),
      ],
      held: [],
      told: ['ADDED a@6', 'MODIFIED a@7 was @6', 'DELETED a@8 was @7'],
      position: '12',
    },
    {
      name: 'knows an own write at once and ignores the events up to it',
      acts: [
        () => list(5, object('a', 5)),
        () => ledger.observe(object('a', 8)),
        () => event('MODIFIED', object('a', 7)),
        () => event('MODIFIED', object('a', 8)),
        () => event('MODIFIED', object('a', 10)),
      ],
      held: ['a@10'],
      told: ['ADDED a@5', 'MODIFIED a@8 was @5', 'MODIFIED a@10 was @8'],
      position: '10',
    },
    {
      name: 'compares revisions as numbers, of any length',
      acts: [
        () => list(5, object('a', 99)),
        () => ledger.observe(object('a', 100)),
        () => ledger.observe(object('a', 20)),
        () =>
          ledger.observe({
            ...object('a', 0),
            metadata: { ...object('a', 0).metadata, resourceVersion: '99999999999999999999' },
          }),
      ],
      held: ['a@99999999999999999999'],
      told: ['ADDED a@99', 'MODIFIED a@100 was @99', 'MODIFIED a@99999999999999999999 was @100'],
    },
    {
      name: 'does not bring back with an old answer what was deleted since',
      acts: [
        () => list(5, object('a', 5)),
        () => event('DELETED', object('a', 9)),
        () => ledger.observe(object('a', 7)),
      ],
      held: [],
      told: ['ADDED a@5', 'DELETED a@9 was @5'],
    },
    {
      name: 'keeps a successor when the deletion of its namesake comes late',
      acts: [
        () => list(5, object('a', 5)),
        () => ledger.observe(object('a', 9, { uid: 'new' })),
        () => event('DELETED', object('a', 8)),
        () => event('ADDED', object('a', 9, { uid: 'new' })),
      ],
      held: ['a@9'],
      told: ['ADDED a@5', 'MODIFIED a@9 was @5'],
    },
    {
      name: 'lets go what our own write took out of the selection',
      acts: [
        () => list(5, object('a', 5)),
        () => ledger.observe(object('a', 8)),
        () => event('DELETED', object('a', 8)),
      ],
      held: [],
      told: ['ADDED a@5', 'MODIFIED a@8 was @5', 'DELETED a@8 was @8'],
    },
    {
      name: 'keeps what was written while a list was under way and is newer than it',
      acts: [
        () => list(5, object('a', 5)),
        () => ledger.beginList(),
        () => ledger.observe(object('a', 9)),
        () => ledger.observe(object('b', 10)),
        () => ledger.replace({ items: [object('a', 5)], resourceVersion: '8' }),
      ],
      held: ['a@9', 'b@10'],
      told: ['ADDED a@5', 'MODIFIED a@9 was @5', 'ADDED b@10'],
      position: '8',
    },
    {
      name: 'drops a write answered while a list was under way that the list shows deleted',
      acts: [
        () => ledger.beginList(),
        () => ledger.observe(object('b', 6)),
        () => ledger.replace({ items: [], resourceVersion: '8' }),
      ],
      held: [],
      told: ['ADDED b@6', 'DELETED b@6 was @6'],
    },
    {
      name: 'believes a list from a server that was restored to the past',
      acts: [
        () => list(500, object('a', 400), object('b', 450)),
        () => ledger.observe(object('a', 510)),
        () => list(100, object('a', 90)),
        () => event('MODIFIED', object('a', 101)),
      ],
      held: ['a@101'],
      told: [
        'ADDED a@400',
        'ADDED b@450',
        'MODIFIED a@510 was @400',
        'MODIFIED a@90 was @510',
        'DELETED b@450 was @450',
        'MODIFIED a@101 was @90',
      ],
      position: '101',
    },
  ];
  for (const row of rows) {
    it(row.name, () => {
      fresh();
      for (const act of row.acts) act();
      expect({ held: held(), told }).to.deep.equal({ held: row.held, told: row.told });
      if (row.position !== undefined) expect(ledger.position).to.equal(row.position);
    });
  }

  it('asks for a list when the stream goes back', () => {
    fresh();
    list(500);
    const back = (): void => ledger.follow({ type: 'BOOKMARK', resourceVersion: '100' });
    expect(back).to.throw(ApiError).with.property('status', 410);
  });

  it('takes a server at its word whose revisions are no numbers', () => {
    fresh();
    list(0);
    ledger.replace({ items: [], resourceVersion: 'x' });
    for (const resourceVersion of ['b', 'a']) event('MODIFIED', object('a', 0, { resourceVersion }));
    expect(held()).to.deep.equal(['a@a']);
  });

  it('leaves other namespaces alone', () => {
    fresh();
    store.put(object('z', 1, { namespace: 'elsewhere' }));
    list(5);
    expect(held()).to.deep.equal(['z@1']);
  });

  it('ends with what the server has, whenever the answers of own writes come in', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      isDelete: fc.boolean(),
      /** When the answer comes, counted in events from the one that tells of the same change. */
      answer: fc.option(fc.integer({ min: -6, max: 6 })),
      isListBefore: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        fresh();
        const { history, state } = simulate(steps);
        const answersAt = (at: number) =>
          history.filter(
            ({ answer, event: { type } }, index) => type !== 'DELETED' && answer !== null && index + answer === at,
          );
        list(0);
        for (let at = -6; at < history.length + 6; at++) {
          const next = history[at];
          if (next?.isListBefore === true) ledger.beginList();
          for (const { event: answered } of answersAt(at)) ledger.observe(answered.object);
          if (next?.isListBefore === true) ledger.replace({ items: next.before, resourceVersion: String(at) });
          if (next !== undefined) ledger.follow(next.event);
        }
        expect(held().sort()).to.deep.equal(
          state.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort(),
        );
      }),
      { numRuns: 500 },
    );
  });
});

interface Step {
  readonly name: string;
  readonly isDelete: boolean;
  readonly answer: number | null;
  readonly isListBefore: boolean;
}

/** What a server would make of these steps: change number n has revision n. */
function simulate(steps: readonly Step[]) {
  const state = new Map<string, KubeObject>();
  const history: (Step & { before: KubeObject[]; event: Exclude<WatchEvent<KubeObject>, { type: 'BOOKMARK' }> })[] = [];
  for (const step of steps) {
    if (step.isDelete && !state.has(step.name)) continue;
    const before = [...state.values()];
    const changed = object(step.name, history.length + 1);
    const type = step.isDelete ? 'DELETED' : state.has(step.name) ? 'MODIFIED' : 'ADDED';
    if (step.isDelete) state.delete(step.name);
    else state.set(step.name, changed);
    history.push({ ...step, before, event: { type, object: changed } });
  }
  return { history, state: [...state.values()] };
}
