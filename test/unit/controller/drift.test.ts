import { expect } from 'chai';
import { difference, mergePatchOf, withAppliedHash } from '../../../controller/drift.js';

const resources = (cpu: unknown): object => ({ spec: { resources: { requests: { cpu } } } });

interface Row {
  readonly when: string;
  readonly desired: unknown;
  readonly found: unknown;
  /** The path of the first field that is not as desired. */
  readonly then: string | undefined;
}

const rows: readonly Row[] = [
  { when: 'both are the same', desired: { a: [{ b: 1 }], c: 'x' }, found: { a: [{ b: 1 }], c: 'x' }, then: undefined },
  {
    when: 'the server added fields',
    desired: { a: { b: 1 } },
    found: { a: { b: 1, c: 2 }, status: {} },
    then: undefined,
  },
  { when: 'a value is another', desired: { a: { b: 1 }, c: 1 }, found: { a: { b: 2 }, c: 2 }, then: '.a.b' },
  { when: 'a field is gone', desired: { a: { b: 1 } }, found: { a: {} }, then: '.a.b' },
  { when: 'an object is gone', desired: { a: { b: 1 } }, found: {}, then: '.a' },
  { when: 'an object is a list', desired: { a: { b: 1 } }, found: { a: [1] }, then: '.a' },
  { when: 'a list is an object', desired: { a: [1] }, found: { a: { 0: 1 } }, then: '.a' },
  { when: 'nothing is there', desired: { a: 1 }, found: undefined, then: '.' },
  {
    when: 'an entry of a list is another',
    desired: { a: [{ b: 1 }, { b: 2 }] },
    found: { a: [{ b: 1 }, { b: 3 }] },
    then: '.a[1].b',
  },
  { when: 'a list has an entry more', desired: { a: [1] }, found: { a: [1, 2] }, then: '.a' },
  { when: 'a list has an entry less', desired: { a: [1, 2] }, found: { a: [1] }, then: '.a' },
  {
    when: 'false is desired and the field is gone, where a default could be true',
    desired: { a: false },
    found: {},
    then: '.a',
  },
  { when: 'nothing is desired of a field', desired: { a: undefined, b: 1 }, found: { a: 7, b: 1 }, then: undefined },
  { when: 'absence is desired and somebody set the field', desired: { a: null }, found: { a: true }, then: '.a' },
  { when: 'absence is desired and the field is gone', desired: { a: null }, found: {}, then: undefined },
  { when: 'the server dropped an empty object', desired: { a: {} }, found: {}, then: undefined },
  { when: 'the server dropped an empty text', desired: { a: '' }, found: {}, then: undefined },
  { when: 'the server dropped an empty list', desired: { tolerations: [] }, found: {}, then: undefined },
  { when: 'an empty list is desired and entries are there', desired: { a: [] }, found: { a: [1] }, then: '.a' },
  {
    when: 'a quantity came back in canonical form',
    desired: resources('1024Mi'),
    found: resources('1Gi'),
    then: undefined,
  },
  { when: 'a quantity was given as a number', desired: resources(2), found: resources('2'), then: undefined },
  { when: 'a fraction came back in thousandths', desired: resources(0.5), found: resources('500m'), then: undefined },
  {
    when: 'a fraction is another',
    desired: resources('250m'),
    found: resources('750m'),
    then: '.spec.resources.requests.cpu',
  },
  {
    when: 'a label that looks like a quantity is another',
    desired: { labels: { v: '1' } },
    found: { labels: { v: '1.0' } },
    then: '.labels.v',
  },
  {
    when: 'a selector has a key more',
    desired: { spec: { selector: { a: 'x' } } },
    found: { spec: { selector: { a: 'x', b: 'y' } } },
    then: '.spec.selector.b',
  },
  {
    when: 'a selector of labels has a key more',
    desired: { spec: { selector: { matchLabels: { a: 'x' } } } },
    found: { spec: { selector: { matchLabels: { a: 'x', b: 'y' } } } },
    then: '.spec.selector.matchLabels.b',
  },
  {
    when: 'a selector of labels has expressions beside',
    desired: { spec: { selector: { matchLabels: { a: 'x' } } } },
    found: { spec: { selector: { matchLabels: { a: 'x' }, matchExpressions: [] } } },
    then: '.spec.selector.matchExpressions',
  },
  {
    when: 'another field of the spec has a key more',
    desired: { spec: { selectors: { a: 'x' } } },
    found: { spec: { selectors: { a: 'x', b: 'y' } } },
    then: undefined,
  },
];

describe('drift', () => {
  for (const { when, desired, found, then } of rows) {
    it(`when ${when}: ${then ?? 'none'}`, () => expect(difference(desired, found)).to.equal(then));
  }

  const object = (spec: object): Parameters<typeof withAppliedHash>[0] => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'b', annotations: { note: 'x' } },
    spec,
  });

  it('when a field was taken out of the wish: that of the hash, whatever the order of keys', () => {
    const stored = withAppliedHash(object({ a: 1, b: 2 }));
    expect(difference(withAppliedHash(object({ b: 2, a: 1 })), stored)).to.equal(undefined);
    expect(difference(withAppliedHash(object({ a: 1 })), stored)).to.equal('.metadata.annotations.quorate.dev/applied');
  });

  it('is patched away: keys of a selector that are not desired are null, all others are left out', () => {
    const desired = {
      metadata: { labels: { a: 'x' } },
      spec: { selector: { a: 'x' }, ports: [{ port: 1 }], gone: null },
    };
    const found = {
      metadata: { labels: { a: 'z', b: 'y' }, uid: 'u' },
      spec: { selector: { a: 'z', b: 'y', constructor: 'y' }, ports: [{ port: 2, name: 'q' }], gone: 1, type: 't' },
    };
    expect(mergePatchOf(desired, found)).to.deep.equal({
      metadata: { labels: { a: 'x' } },
      spec: { selector: { a: 'x', b: null, constructor: null }, ports: [{ port: 1 }], gone: null },
    });
  });

  it('is told by a hash beside the annotations that are there', () =>
    expect(withAppliedHash(object({ a: 1 })).metadata.annotations).to.deep.equal({
      note: 'x',
      'quorate.dev/applied': '394ff13356e18d05',
    }));
});
