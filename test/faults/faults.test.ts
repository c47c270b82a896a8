import { expect } from 'chai';
import { etcdVersions } from '../localkube/index.js';
import { openArena, parallel, type Arena } from './arena.js';
import { campaign } from './campaign.js';
import { allFaults, parseFault, sample, type Fault } from './fault.js';
import { mainJob } from './workflow.js';

const minute = 60_000;
const { QUORATE_FAULT, QUORATE_FAULTS_SEED = '1', QUORATE_FAULTS_EVERY = '40' } = process.env;
const newest = etcdVersions.find(({ group }) => group === 'etcd-3.6')?.version ?? '';

/** One fault where it is named, else one in so many, chosen by the seed. */
function choose(effects: number): readonly Fault[] {
  if (QUORATE_FAULT !== undefined) return QUORATE_FAULT.split(',').map(parseFault);
  return sample(allFaults(effects), Number(QUORATE_FAULTS_EVERY), Number(QUORATE_FAULTS_SEED));
}

describe('an operator that dies at an effect, or loses its reply', () => {
  let arena: Arena;

  before(async function () {
    this.timeout(3 * minute);
    arena = await openArena('faults');
  });
  after(async function () {
    this.timeout(minute);
    await arena?.close();
  });

  it(`ends as if undisturbed, and then writes nothing (1 fault in ${QUORATE_FAULTS_EVERY}, seed ${QUORATE_FAULTS_SEED})`, async function () {
    this.timeout(15 * minute);
    const log = (line: string): void => console.log(`      ${line}`);
    const workflow = (namespace: string) => mainJob(namespace, newest);
    const result = await campaign({
      ...arena,
      workflow,
      choose,
      parallel,
      resyncs: 3,
      artifacts: 'artifacts/faults',
      log,
    });
    const { effects, runs, unreached, violations } = result;
    log(`${runs} faults at ${effects} effects: ${violations.length} violations, ${unreached} not reached`);
    expect(violations).to.deep.equal([]);
    expect(runs - unreached, 'faults that struck').to.be.greaterThan(0);
  });
});
