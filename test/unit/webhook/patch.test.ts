import { expect } from 'chai';
import fc from 'fast-check';
import { setDefaults } from '../../../api/index.js';
import { patchOf, type PatchOperation } from '../../../webhook/patch.js';
import { applyPatch } from './support/apply-patch.js';

describe('webhook: JSON patch', () => {
  const rows: { when: string; before: unknown; after: unknown; patch: PatchOperation[] }[] = [
    { when: 'nothing changed', before: { a: [1, { b: 2 }] }, after: { a: [1, { b: 2 }] }, patch: [] },
    {
      when: 'a field was filled in',
      before: { spec: { size: 3 } },
      after: { spec: { size: 3, version: '3.6.16' } },
      patch: [{ op: 'add', path: '/spec/version', value: '3.6.16' }],
    },
    {
      when: 'a whole section was missing',
      before: {},
      after: { spec: { tls: { client: {} } } },
      patch: [{ op: 'add', path: '/spec', value: { tls: { client: {} } } }],
    },
    {
      when: 'a value changed deep inside',
      before: { a: { b: [{ c: 1 }] } },
      after: { a: { b: [{ c: 2 }] } },
      patch: [{ op: 'replace', path: '/a/b/0/c', value: 2 }],
    },
    {
      when: 'keys hold the characters that JSON Pointer escapes',
      before: { 'quorate.dev/allow': 1, 'a~b': 1, '~1': 1 },
      after: { 'quorate.dev/allow': 2, 'a~b': 2, '~1': 2 },
      patch: [
        { op: 'replace', path: '/quorate.dev~1allow', value: 2 },
        { op: 'replace', path: '/a~0b', value: 2 },
        { op: 'replace', path: '/~01', value: 2 },
      ],
    },
    {
      when: 'an array became longer',
      before: [1],
      after: [1, 2, 3],
      patch: [
        { op: 'add', path: '/1', value: 2 },
        { op: 'add', path: '/2', value: 3 },
      ],
    },
    {
      when: 'an array became shorter: removed from its end',
      before: [1, 2, 3],
      after: [4],
      patch: [
        { op: 'replace', path: '/0', value: 4 },
        { op: 'remove', path: '/2' },
        { op: 'remove', path: '/1' },
      ],
    },
    {
      when: 'a null was dropped',
      before: { spec: { version: null } },
      after: { spec: {} },
      patch: [{ op: 'remove', path: '/spec/version' }],
    },
    {
      when: 'the type changed',
      before: { a: { 0: 'x' } },
      after: { a: ['x'] },
      patch: [{ op: 'replace', path: '/a', value: ['x'] }],
    },
    {
      when: 'an undefined field stands for an absent one',
      before: { a: 1 },
      after: { a: undefined, b: undefined },
      patch: [{ op: 'remove', path: '/a' }],
    },
  ];
  for (const { when, before, after, patch } of rows) {
    it(`${when}: ${patch.length} operations`, () => expect(patchOf(before, after)).to.deep.equal(patch));
  }

  it('applied to any JSON value, gives any other JSON value', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(applyPatch(before, throughJson(patchOf(before, after)))).to.deep.equal(after);
      }),
      { numRuns: 500 },
    );
  });

  it('applied to any object, gives the defaulted object; then there is nothing more to patch', () => {
    fc.assert(
      fc.property(cluster, (object) => {
        const defaulted = setDefaults(object);
        const patched = applyPatch(object, throughJson(patchOf(object, defaulted)));
        expect(patched).to.deep.equal(throughJson(defaulted));
        expect(patchOf(patched, setDefaults(patched))).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const json = fc
  .jsonValue({ maxDepth: 4 })
  .map(throughJson)
  // The reader lets no such key in.
  .filter((value) => !JSON.stringify(value).includes('__proto__'));

const spec = fc.record(
  {
    size: fc.oneof(fc.constantFrom(0, 1, 3, 5, 7), json),
    version: fc.oneof(fc.constantFrom('3.6.16', '3.5.21'), json),
    storage: fc.oneof(fc.record({ size: fc.constantFrom('1Gi', '8Gi', 'x', null) }, { requiredKeys: [] }), json),
    tls: fc.oneof(fc.record({ client: fc.constantFrom({ source: 'Disabled' }, {}, null) }, { requiredKeys: [] }), json),
    options: json,
    probes: fc.oneof(fc.constantFrom({ strategy: 'Auto' }, { strategy: 'Readyz' }), json),
    podTemplate: json,
  },
  { requiredKeys: [] },
);
const cluster = fc.record({ metadata: json, spec: fc.oneof({ weight: 9, arbitrary: spec }, json) }).map(throughJson);
