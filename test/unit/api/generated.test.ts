import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Schema } from '../../../api/schema.js';
import { etcdClusterSchema } from '../../../api/v1alpha1/etcd-cluster.js';
import { generated } from '../../../tools/generate/outputs.js';

// Tests run in the project's folder, from source or compiled.
const root = process.cwd();

/** Every node of a schema with its path. */
function nodes(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const children: [string, Schema | undefined][] = [
    ...Object.entries(schema.properties ?? {}),
    ['[]', schema.items],
    ['*', schema.additionalProperties],
  ];
  const below = children.flatMap(([key, child]) => (child ? nodes(child, `${path}.${key}`) : []));
  return [[path, schema], ...below];
}

const every = nodes(etcdClusterSchema, 'EtcdCluster');
const offending = (wrong: (schema: Schema) => boolean): readonly string[] =>
  every.filter(([, schema]) => wrong(schema)).map(([path]) => path);

describe('api: generated files', () => {
  let files: ReadonlyMap<string, string>;
  before(async () => void (files = await generated()));

  it('are what the source says', async () => {
    for (const [path, text] of files) expect(await readFile(join(root, path), 'utf8'), path).to.equal(text);
  });

  // kubectl keeps the whole object in an annotation, and annotations may have 256 KiB.
  it('give a CRD below 250 KB, which a plain kubectl apply takes', () => {
    const crd = files.get('config/crd/quorate.dev_etcdclusters.yaml') ?? '';
    expect(JSON.stringify(parse(crd)).length).to.be.within(10_000, 250_000);
  });
});

describe('api: schema', () => {
  it('documents every field in sentences', () => {
    const isProperty = (path: string) => !path.endsWith('*');
    const bad = every.filter(([path, schema]) => isProperty(path) && !/[.].*$/s.test(schema.description ?? ''));
    expect(bad.map(([path]) => path)).to.deep.equal([]);
  });

  it('bounds every text, list, map and number', () => {
    expect(
      offending((s) => s.type === 'string' && !s.enum && s.format !== 'date-time' && s.maxLength === undefined),
    ).to.deep.equal([]);
    expect(offending((s) => s.type === 'array' && s.maxItems === undefined)).to.deep.equal([]);
    expect(offending((s) => s.additionalProperties !== undefined && s.maxProperties === undefined)).to.deep.equal([]);
    // The size is bounded by its rule, whose message says more than two bounds could.
    expect(
      offending((s) => s.type === 'integer' && (s.minimum === undefined || s.maximum === undefined)),
    ).to.deep.equal(['EtcdCluster.spec.size']);
  });

  it('says for every list how it is merged', () => {
    expect(offending((s) => s.type === 'array' && s['x-kubernetes-list-type'] === undefined)).to.deep.equal([]);
  });

  it('gives static defaults only where nothing is derived', () => {
    expect(offending((s) => s.default !== undefined && s['x-derived'] !== undefined)).to.deep.equal([]);
  });
});
