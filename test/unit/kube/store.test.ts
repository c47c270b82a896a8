import { expect } from 'chai';
import { labels } from '../../../api/names.js';
import { createStore } from '../../../kube/store.js';
import { matchesLabels } from '../../../kube/selector.js';
import type { KubeObject } from '../../../kube/index.js';

const pod = (namespace: string, name: string, cluster?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, ...(cluster === undefined ? {} : { labels: { [labels.cluster]: cluster } }) },
});

describe('kube: the store', () => {
  it('finds objects by name, by namespace and by cluster', () => {
    const store = createStore<KubeObject>();
    const objects = [pod('n', 'a-0', 'a'), pod('n', 'a-1', 'a'), pod('n', 'other'), pod('m', 'a-0', 'a')];
    for (const object of objects) expect(store.put(object)).to.equal(undefined);
    expect(store.get('n', 'a-1')).to.equal(objects[1]);
    expect(store.list('n')).to.deep.equal(objects.slice(0, 3));
    expect(store.list()).to.deep.equal(objects);
    expect(store.byCluster('n', 'a')).to.deep.equal(objects.slice(0, 2));
    expect(store.byCluster('n', 'b')).to.deep.equal([]);
    expect(store.size).to.equal(4);
  });

  it('follows an object to another cluster and out of all', () => {
    const store = createStore<KubeObject>();
    const [first, second, none] = [pod('n', 'x', 'a'), pod('n', 'x', 'b'), pod('n', 'x')];
    store.put(first);
    expect(store.put(second)).to.equal(first);
    expect([store.byCluster('n', 'a'), store.byCluster('n', 'b')]).to.deep.equal([[], [second]]);
    store.put(none);
    expect([store.byCluster('n', 'b'), store.size]).to.deep.equal([[], 1]);
    expect(store.remove('n', 'x')).to.equal(none);
    expect(store.remove('n', 'x')).to.equal(undefined);
    expect([store.list(), store.size]).to.deep.equal([[], 0]);
  });

  it('holds cluster-wide objects', () => {
    const store = createStore<KubeObject>();
    const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } };
    store.put(node);
    expect(store.get(undefined, 'one')).to.equal(node);
    expect(store.remove(undefined, 'one')).to.equal(node);
  });
});

describe('kube: label selectors', () => {
  const carried = { a: '1', 'x.io/b': '' };
  for (const [selector, expected] of [
    [undefined, true],
    ['', true],
    ['a', true],
    ['a=1', true],
    ['a == 1', true],
    ['a=2', false],
    ['a!=2', true],
    ['a!=1', false],
    ['c!=1', true],
    ['c', false],
    ['!c', true],
    ['!a', false],
    ['x.io/b=', true],
    ['a=1,!c,x.io/b', true],
    ['a=1,c', false],
    ['a in (2, 3)', true],
  ] as const) {
    it(`${selector} ${expected ? 'fits' : 'does not fit'}`, () => {
      expect(matchesLabels(selector, carried)).to.equal(expected);
    });
  }
});
