import { expect } from 'chai';
import fc from 'fast-check';
import { maxDepth, maxValues, parseJson } from '../../../webhook/json.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('webhook: JSON from anywhere', () => {
  const refused: { what: string; body: Buffer; problem: string }[] = [
    { what: 'nothing', body: bytes(''), problem: 'the body is empty' },
    { what: 'text', body: bytes('hello'), problem: 'the body is not JSON' },
    { what: 'half of an object', body: bytes('{"a":'), problem: 'the body is not JSON' },
    { what: 'JSON with a comment', body: bytes('{} // secret'), problem: 'the body is not JSON' },
    { what: 'bytes that are not UTF-8', body: Buffer.from([0x22, 0xff, 0x22]), problem: 'the body is not UTF-8' },
    { what: '__proto__', body: bytes('{"a":{"__proto__":{}}}'), problem: 'the key __proto__ is not allowed' },
    {
      what: '__proto__ with an escape in it',
      body: bytes('[{"__pr\\u006fto__":1}]'),
      problem: 'the key __proto__ is not allowed',
    },
    {
      what: 'constructor.prototype',
      body: bytes('{"constructor":{"prototype":{"x":1}}}'),
      problem: 'the key constructor.prototype is not allowed',
    },
    {
      what: 'a thousand nested arrays',
      body: bytes('['.repeat(1000) + ']'.repeat(1000)),
      problem: `nested deeper than ${maxDepth} levels`,
    },
    {
      what: 'a million nested arrays',
      body: bytes('['.repeat(1e6) + ']'.repeat(1e6)),
      problem: `nested deeper than ${maxDepth} levels`,
    },
    {
      what: 'a million arrays side by side',
      body: bytes(`[${'[],'.repeat(1e6)}[]]`),
      problem: `more than ${maxValues} values`,
    },
    {
      what: 'one level too many',
      body: bytes('{"a":'.repeat(maxDepth + 1) + '1' + '}'.repeat(maxDepth + 1)),
      problem: `nested deeper than ${maxDepth} levels`,
    },
  ];
  for (const { what, body, problem } of refused) {
    it(`refuses ${what}`, () => {
      const parsed = parseJson(body);
      expect(parsed.ok).to.equal(false);
      expect(!parsed.ok && parsed.problem).to.equal(problem);
    });
  }

  const taken: { what: string; text: string }[] = [
    { what: 'null', text: 'null' },
    { what: 'a number', text: '3' },
    { what: 'a field called constructor', text: '{"labels":{"constructor":"me","prototype":"yes"}}' },
    { what: 'the deepest nesting', text: '['.repeat(maxDepth) + ']'.repeat(maxDepth) },
    { what: 'brackets, quotes and commas within strings', text: JSON.stringify({ a: '[{'.repeat(99) + '\\\\"\\' }) },
    { what: 'text beyond ASCII', text: '{"naïve":"größe 😀"}' },
  ];
  for (const { what, text } of taken) {
    it(`takes ${what}`, () =>
      expect(parseJson(bytes(text))).to.deep.equal({ ok: true, value: JSON.parse(text) as unknown }));
  }

  it('is total on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => typeof parseJson(body).ok === 'boolean'));
  });

  it('leaves no prototype changed', () => {
    parseJson(bytes('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
  });
});
