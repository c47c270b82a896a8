/** Objects as a spec could be, and as someone who means harm would send them. */
import fc from 'fast-check';
import type { Schema } from '../../../api/schema.js';
import { spec as specSchema } from '../../../api/v1alpha1/schema/spec.js';

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'x',
    '-1Gi',
    '1h',
    '2Gi',
    'Operator',
    'Disabled',
    'Revision',
    '__proto__',
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 60,
    [],
    {},
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

function text(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom('1Gi', '512Mi', '1h', '90s', '3.6.16', '3.5.2', 'a.example/x', 'name', 'fast'),
    fc.string({ maxLength: (schema.maxLength ?? 16) + 2 }),
  );
}

/** Values that mostly fit the schema, with a bad one here and there. */
function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.additionalProperties) {
    return fc.dictionary(fc.string({ maxLength: 12 }), shaped(schema.additionalProperties), { maxKeys: 3 });
  }
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, child]) => [key, shaped(child)])),
        { requiredKeys: [] },
      );
    case 'array':
      return fc.array(shaped(schema.items ?? {}), { maxLength: 2 });
    case 'integer':
      return fc.integer({ min: -2, max: 12 });
    case 'boolean':
      return fc.boolean();
    default:
      return text(schema);
  }
}

const shaped = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fitting(schema), weight: 12 }, { arbitrary: odd, weight: 1 });

const specs = shaped(specSchema);
const metadata = fc.record(
  { name: fc.oneof(fc.constantFrom('orders', '7', 'a.b'), fc.string()) },
  { requiredKeys: [] },
);

export const objects: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.record({ metadata, spec: specs, status: fc.jsonValue() }, { requiredKeys: [] }), weight: 8 },
  { arbitrary: fc.jsonValue(), weight: 1 },
);

/** Specs that nothing is wrong with. */
export const goodSpecs: fc.Arbitrary<unknown> = fc.record(
  {
    size: fc.constantFrom(0, 1, 3, 5, 7),
    version: fc.constantFrom('3.5.21', '3.5.35', '3.6.0', '3.6.16', '3.7.3'),
    storage: fc.record(
      {
        size: fc.constantFrom('512Mi', '1Gi', '10G', '8Gi', '1Ti'),
        retentionPolicy: fc.record({ whenStopped: fc.constantFrom('RetainAll', 'RetainOne') }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    tls: fc.record(
      {
        client: fc.constantFrom({ source: 'Disabled' }, { operator: { duration: '2m' } }, {}),
        peer: fc.constantFrom({ source: 'Disabled' }, { operator: { duration: '10h', renewBefore: '1h' } }, {}),
      },
      { requiredKeys: [] },
    ),
    probes: fc.record({ strategy: fc.constantFrom('Auto', 'Readyz') }, { requiredKeys: [] }),
    options: fc.record(
      {
        snapshotCount: fc.integer({ min: 100, max: 100_000 }),
        electionTimeout: fc.constantFrom('1s', '2s'),
        autoCompaction: fc.constantFrom({}, { mode: 'Disabled' }, { mode: 'Revision', retention: 5 }, { period: '2h' }),
      },
      { requiredKeys: [] },
    ),
    paused: fc.boolean(),
  },
  { requiredKeys: ['size'] },
);

const lives = fc.constantFrom('2m', '10h', '100h', '1000h', '2160h', '4000h');
// None of them is a third of a life above: what equals the value that was filled in before is taken for it.
const renewals = fc.constantFrom('1s', '30m', '9h', '720h');
const issuing = fc.record({ duration: lives, renewBefore: renewals }, { requiredKeys: [] });

/** Manifests that say much or little about what is filled in otherwise; not all are accepted. */
export const manifests: fc.Arbitrary<unknown> = fc.record(
  {
    size: fc.constant(1),
    tls: fc.record(
      { client: fc.record({ operator: issuing }), peer: fc.record({ operator: issuing }) },
      { requiredKeys: [] },
    ),
    options: fc.record(
      {
        backendQuota: fc.constantFrom('1Gi', '2Gi'),
        autoCompaction: fc.record(
          {
            mode: fc.constantFrom('Periodic', 'Revision', 'Disabled'),
            period: fc.constantFrom('1h', '2h'),
            retention: fc.constant(1000),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
    debug: fc.record({ image: fc.constantFrom('a', 'nicolaka/netshoot') }, { requiredKeys: [] }),
  },
  { requiredKeys: ['size'] },
);

/** Bodies that were built to hurt; each as JSON text, because some of it cannot be written as a literal. */
export const attacks: Readonly<Record<string, string>> = {
  'not an object': '7',
  null: 'null',
  'a list': '[{}]',
  'no spec': '{"metadata":{"name":"a"}}',
  'a spec that is a list': '{"spec":[]}',
  'a key __proto__': '{"__proto__":{"size":3},"spec":{"__proto__":{"size":3},"size":1,"options":{"__proto__":1}}}',
  'a key constructor': '{"spec":{"size":1,"constructor":{"prototype":{"polluted":1}},"toString":1}}',
  'a list of texts nested a hundred thousand deep': `{"spec":{"size":1,"image":{"pullSecrets":[{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}},{"name":1}]}}}`,
  'a thousand nested lists': `{"spec":{"size":1,"podTemplate":${'['.repeat(1000)}${']'.repeat(1000)}}}`,
  'a thousand nested objects': `{"spec":{"size":1,"probes":{"readiness":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}}}`,
  'a very long string': JSON.stringify({
    spec: { size: 1, version: '3'.repeat(1_000_000), clusterDomain: 'a-'.repeat(500_000) },
  }),
  'fifty thousand unknown fields': JSON.stringify({
    spec: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, index])),
  }),
  'a hundred thousand tolerations': JSON.stringify({
    spec: { size: 1, podTemplate: { spec: { tolerations: Array.from({ length: 100_000 }, () => ({ key: 5 })) } } },
  }),
  'numbers beyond 64 bits': '{"spec":{"size":1e400,"options":{"snapshotCount":123456789012345678901234567890}}}',
  'quantities that overflow':
    '{"spec":{"size":1,"storage":{"size":"999999999999999999999Ei"},"options":{"backendQuota":"1e99"}}}',
};
