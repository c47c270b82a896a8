import { expect } from 'chai';
import {
  catalogue,
  conditionTypes,
  imageReference,
  maxSize,
  memberHost,
  minorOf,
  minors,
  optionCatalogue,
  parseDuration,
  parseQuantity,
  parseVersion,
  phases,
  reasons,
  reservedOptions,
  type Option,
} from '../../../api/index.js';
import { spec } from '../../../api/v1alpha1/schema/spec.js';
import { rules } from '../../../api/rules/index.js';

const clusterDomain = spec.properties?.['clusterDomain'];

describe('api: catalogues', () => {
  it('of versions name patches of their own minor', () => {
    for (const minor of minors) {
      const { newest, floor } = catalogue[minor];
      expect([minorOf(newest), minorOf(floor)]).to.deep.equal([minor, minor]);
    }
    expect([minorOf('3.4.1'), minorOf('3.6'), parseVersion('3.6.16')]).to.deep.equal([
      undefined,
      undefined,
      { major: 3, minor: 6, patch: 16 },
    ]);
  });

  it('of options have bounds that parse, a key for some minor, and no name that is reserved', () => {
    for (const [name, option] of Object.entries(optionCatalogue) as [string, Option][]) {
      const parse = option.encoding === 'bytes' ? parseQuantity : parseDuration;
      expect(option.bounds?.some((bound) => parse(bound) === undefined) ?? false, name).to.equal(false);
      expect(Object.values(option.keys).length, name).to.be.greaterThan(0);
      expect(Object.keys(reservedOptions)).to.not.include(name);
      for (const key of Object.values(option.keys)) expect(Object.keys(reservedOptions)).to.not.include(key);
    }
  });

  it('of words for status have no doubles', () => {
    for (const words of [conditionTypes, phases, reasons]) expect(new Set(words).size).to.equal(words.length);
  });

  it('of rules have ids that are words with hyphens, each once', () => {
    const ids = rules.map((rule) => rule.id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)+$/.test(id))).to.deep.equal([]);
  });
});

describe('api: the name of a member', () => {
  it('fits into DNS with the longest parts that admission takes', () => {
    const longest = clusterDomain?.maxLength ?? 0;
    const at = { name: 'a'.repeat(52), namespace: 'b'.repeat(63), domain: 'c'.repeat(longest) };
    expect(memberHost(at, maxSize - 1)).to.have.lengthOf(253);
  });
});

describe('api: image reference', () => {
  const image = { repository: 'r.example/etcd', tag: '', digest: '', layout: 'Official' } as const;
  const reference = (more: object) => imageReference({ version: '3.6.16', image: { ...image, ...more } });

  it('names the tag of the version as its layout does', () => {
    expect(reference({})).to.equal('r.example/etcd:v3.6.16');
    expect(reference({ layout: 'Bitnami' })).to.equal('r.example/etcd:3.6.16');
  });

  it('takes a tag and a digest as given', () => {
    expect(reference({ tag: 'x', digest: 'sha256:00' })).to.equal('r.example/etcd:x@sha256:00');
  });
});
