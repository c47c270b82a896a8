import { expect } from 'chai';
import { etcdVersions } from '../../localkube/index.js';
import { openArena, type Arena } from '../arena.js';
import { campaign } from '../campaign.js';
import { allFaults, sample, type Fault } from '../fault.js';
import { mainJob } from '../workflow.js';

const minute = 60_000;
const versionOf = (wanted: string): string => etcdVersions.find(({ group }) => group === wanted)?.version ?? '';

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

  async function none(version: string, choose: (effects: number) => readonly Fault[]): Promise<readonly string[]> {
    const log = (line: string): void => console.log(`      ${line}`);
    const workflow = (namespace: string) => mainJob(namespace, version);
    const options = { ...arena, workflow, choose, parallel: 3, resyncs: 3, artifacts: 'artifacts/faults', log };
    const { effects, runs, unreached, violations, unstruck } = await campaign(options);
    log(`${runs} faults at ${effects} effects: ${violations.length} violations, ${unreached} not reached`);
    expect(violations).to.deep.equal([]);
    return unstruck;
  }

  it('ends as if undisturbed, and then writes nothing, on the newest 3.6', async function () {
    this.timeout(180 * minute);
    const unstruck = await none(versionOf('etcd-3.6'), allFaults);
    // Runs differ a little in order: what counts is that each kind of effect was struck in each way.
    console.log(`      kinds of effects not struck: ${unstruck.length === 0 ? 'none' : unstruck.join(', ')}`);
  });

  it('ends as if undisturbed, and then writes nothing, on 3.5.21 (1 fault in 10)', async function () {
    this.timeout(40 * minute);
    await none(versionOf('etcd-3.5.21'), (effects) => sample(allFaults(effects), 10, 1));
  });
});
