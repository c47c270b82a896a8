import { expect } from 'chai';
import { etcdVersions } from '../../localkube/index.js';
import { openArena, parallel, type Arena } from '../arena.js';
import { campaign, type CampaignOptions, type Result } from '../campaign.js';
import { allFaults, partOf, sample } from '../fault.js';
import { mainJob } from '../workflow.js';

const minute = 60_000;
/** Hours may be more than there are in one go: "2/4" is the second of four parts. */
const { QUORATE_FAULTS_PART = '1/1' } = process.env;
const isWhole = QUORATE_FAULTS_PART === '1/1';
const versionOf = (wanted: string): string => etcdVersions.find(({ group }) => group === wanted)?.version ?? '';

/** Effects that the undisturbed run may have had and no other has. */
const byChance: readonly { readonly why: string; readonly kinds: RegExp }[] = [
  { why: 'an election put leadership on a member that leaves', kinds: / move-leader |\/LeaderMoved$/ },
  { why: 'a joiner saw an older file than its own', kinds: / delete pods\/|\/JoinerRestarted$/ },
  { why: 'members were too slow to answer', kinds: /\/QuorumLost(Ended)?$/ },
];

describe('an operator that dies at every effect, or loses every reply', () => {
  let arena: Arena;

  before(async function () {
    this.timeout(3 * minute);
    arena = await openArena('faults-full');
  });
  after(async function () {
    this.timeout(minute);
    await arena?.close();
  });

  async function lawful(version: string, how: Pick<CampaignOptions, 'choose' | 'coversKinds'>): Promise<Result> {
    const log = (line: string): void => console.log(`      ${line}`);
    const workflow = (namespace: string) => mainJob(namespace, version);
    const options = { ...arena, ...how, workflow, parallel, resyncs: 3, artifacts: 'artifacts/faults', log };
    const result = await campaign(options);
    const { effects, runs, unreached, violations } = result;
    log(`${runs} faults at ${effects} effects: ${violations.length} violations, ${unreached} not reached`);
    expect(violations).to.deep.equal([]);
    // Runs differ by a few statuses; where many faults find no effect, the undisturbed run was no measure of the others.
    expect(unreached, `of ${runs} faults, those that struck nothing`).to.be.at.most(Math.ceil(runs / 10));
    return result;
  }

  const whatever = isWhole ? 'each kind of effect is struck in each way' : `part ${QUORATE_FAULTS_PART}`;
  it(`ends as if undisturbed, and then writes nothing, on the newest 3.6; ${whatever}`, async function () {
    this.timeout(180 * minute);
    const choose = (effects: number) => partOf(allFaults(effects), QUORATE_FAULTS_PART);
    const { unstruck } = await lawful(versionOf('etcd-3.6'), { choose, coversKinds: isWhole });
    // In one part there is not every kind.
    if (isWhole) expect(unstruck.filter((fault) => !byChance.some(({ kinds }) => kinds.test(fault)))).to.deep.equal([]);
  });

  it('ends as if undisturbed, and then writes nothing, on 3.5.21 (1 fault in 10)', async function () {
    this.timeout(40 * minute);
    await lawful(versionOf('etcd-3.5.21'), { choose: (effects) => sample(allFaults(effects), 10, 1) });
  });
});
