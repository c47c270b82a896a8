import { expect } from 'chai';
import fc from 'fast-check';
import {
  acceptedSpec,
  guard,
  judge,
  names,
  prepareJudgement,
  setDefaults,
  type EtcdCluster,
} from '../../../api/index.js';
import { isObject } from '../../../api/json.js';
import { cluster, context } from './cluster.js';
import { attacks, goodSpecs, manifests, objects } from './hostile.js';

const runs = { numRuns: 100 };
const frozen = (value: unknown): unknown => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
};

describe('api: on any object', () => {
  it('defaulting twice is defaulting once, and changes nothing that it was given', () => {
    fc.assert(
      fc.property(objects, fc.option(objects), (next, old) => {
        const stored = frozen(old ?? undefined) as EtcdCluster | undefined;
        const once = setDefaults(frozen(next), stored);
        expect(setDefaults(once, stored)).to.deep.equal(once);
      }),
      runs,
    );
  });

  it('judgement always answers, sorted, with field, rule and message', () => {
    fc.assert(
      fc.property(objects, fc.option(objects), (next, old) => {
        const verdict = judge(
          frozen(next),
          (old ?? undefined) as EtcdCluster | undefined,
          context(old ? 'UPDATE' : 'CREATE'),
        );
        const fields = verdict.causes.map((cause) => cause.field);
        expect(fields).to.deep.equal([...fields].sort());
        for (const cause of verdict.causes) expect(cause.message.endsWith(`(rule ${cause.rule})`)).to.equal(true);
        for (const warning of verdict.warnings) expect(warning.length).to.be.at.most(120);
      }),
      runs,
    );
  });

  it('judgement is the same with and without its defaults set beforehand', () => {
    fc.assert(
      fc.property(objects, (next) => {
        const whole = judge(setDefaults(next), undefined, context('CREATE'));
        expect(whole).to.deep.equal(judge(next, undefined, context('CREATE')));
      }),
      runs,
    );
  });

  it('an update that changes nothing is never refused', () => {
    fc.assert(
      fc.property(objects, (object) => {
        fc.pre(isObject(object));
        expect(judge(object, object as unknown as EtcdCluster, context('UPDATE')).causes).to.deep.equal([]);
      }),
      runs,
    );
  });

  it('the same manifest again changes nothing and is judged alike', () => {
    fc.assert(
      fc.property(manifests, fc.option(manifests), (sent, old) => {
        const stored = (old ?? undefined) && (setDefaults(cluster(old)) as EtcdCluster);
        const once = setDefaults(cluster(sent), stored) as EtcdCluster;
        fc.pre(judge(once, stored, context(stored ? 'UPDATE' : 'CREATE')).causes.length === 0);
        expect(setDefaults(cluster(sent), once)).to.deep.equal(once);
        expect(judge(cluster(sent), once, context('UPDATE')).causes).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });

  it('what admission accepts, the guard accepts, and it can be carried out', () => {
    fc.assert(
      fc.property(goodSpecs, (spec) => {
        const stored = setDefaults(cluster(spec)) as EtcdCluster;
        expect(judge(stored, undefined, context('CREATE')).causes).to.deep.equal([]);
        expect(guard(stored, undefined, context('CREATE', 'guard')).causes).to.deep.equal([]);
        const accepted = acceptedSpec(stored.spec);
        expect(guard(stored, accepted, context('UPDATE', 'guard')).causes).to.deep.equal([]);
        expect(acceptedSpec(stored.spec, accepted)).to.deep.equal(accepted);
      }),
      runs,
    );
  });
});

describe('api: attacks', () => {
  before(() => {
    prepareJudgement();
  });

  for (const [title, body] of Object.entries(attacks)) {
    it(`${title}: answered within 50 ms of processor time, nothing polluted`, () => {
      const object: unknown = JSON.parse(body);
      const start = process.cpuUsage();
      const verdict = judge(setDefaults(object), undefined, context('CREATE'));
      expect(process.cpuUsage(start).user / 1000).to.be.below(50);
      expect(verdict.causes.length).to.be.within(1, 200);
      expect(JSON.stringify(verdict).length).to.be.below(50_000);
      expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
      expect(({} as Record<string, unknown>)['size']).to.equal(undefined);
    });
  }
});

describe('api: derived names', () => {
  const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/);
  const derived = (name: string): readonly string[] =>
    Object.values(names)
      .filter((derive) => typeof derive === 'function')
      .map((derive) => derive(name, 0));

  it('of pods, Services and the StatefulSet fit into 63 characters for the longest name', () => {
    const longest = 'a'.repeat(52);
    const labels = [
      names.pod(longest, 6),
      names.statefulSet(longest),
      names.peerService(longest),
      names.clientService(longest),
    ];
    expect(labels.filter((name) => name.length > 63)).to.deep.equal([]);
  });

  it('of two clusters never meet in one kind of object', () => {
    fc.assert(
      fc.property(label, label, (a, b) => {
        fc.pre(a !== b);
        const ofB = derived(b);
        derived(a).forEach((name, index) => expect(name).to.not.equal(ofB[index]));
      }),
    );
  });
});
