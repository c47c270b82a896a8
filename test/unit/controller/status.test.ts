import { expect } from 'chai';
import { plan } from '../../../controller/plan.js';
import { statusOf } from '../../../controller/status/index.js';
import { view, type ViewBuilder } from './view-builder.js';

/** What the status says of a view, in one line: phase, Ready with its reason, Available, Stalled with its reason, what is under way. */
function said(builder: ViewBuilder): string {
  const built = builder.build();
  const { phase = '', conditions = [], operation } = statusOf(built, plan(built));
  const condition = (type: string): string => {
    const found = conditions.find((each) => each.type === type);
    return `${type}=${found?.status ?? 'absent'}/${found?.reason ?? ''}`;
  };
  const doing = operation ? `${operation.type} ${operation.from ?? '?'}→${operation.to ?? '?'}` : 'nothing';
  return [phase, condition('Ready'), condition('Available'), condition('Stalled'), doing].join(' ');
}

interface Row {
  readonly when: string;
  readonly of: () => ViewBuilder;
  readonly then: string;
}

const startedAt = '2026-11-01T11:59:58Z';
const calm = 'Stalled=False/Progressing';
const create = { type: 'Create', from: '0', to: '3', startedAt } as const;
const wake = { type: 'Wake', from: '0', to: '1', startedAt } as const;

const rows: readonly Row[] = [
  {
    when: 'three run and three are wanted',
    of: () => view().running(3),
    then: `Running Ready=True/SpecReached Available=True/ReadSucceeded ${calm} nothing`,
  },
  {
    when: 'bootstrap members are up and not latched',
    of: () => view().running(3).notLatched(),
    then: `Creating Ready=False/OperationRunning Available=False/NotBootstrapped ${calm} Create 0→3`,
  },
  {
    when: 'the cluster was just latched and no pod is ready: clients would find a Service without endpoints',
    of: () => view().running(3).notReady().amid(create),
    then: `Creating Ready=False/OperationRunning Available=True/ReadSucceeded ${calm} Create 0→3`,
  },
  {
    when: 'pods became ready after that',
    of: () => view().running(3).amid(create),
    then: `Running Ready=True/SpecReached Available=True/ReadSucceeded ${calm} nothing`,
  },
  {
    when: 'a woken member answers and its pod is not ready',
    of: () => view().running(1).notReady().amid(wake),
    then: `Creating Ready=False/OperationRunning Available=True/ReadSucceeded ${calm} Wake 0→1`,
  },
  {
    when: 'a running cluster has no ready pod for a while',
    of: () => view().running(1).notReady(),
    then: `Degraded Ready=False/AwaitingMembers Available=True/ReadSucceeded ${calm} nothing`,
  },
  {
    when: 'size 0 is asked for while it is being created',
    of: () => view().running(3).size(0).notReady().amid(create),
    then: `Stopping Ready=False/OperationRunning Available=True/ReadSucceeded ${calm} Stop 3→0`,
  },
  {
    when: 'nothing was ever there and size 0 is wanted',
    of: () => view().unborn(0),
    then: `Stopped Ready=True/Stopped Available=False/Stopped ${calm} nothing`,
  },
  {
    when: 'it is stopped',
    of: () => view().running(3).size(0).asleep(),
    then: `Stopped Ready=True/Stopped Available=False/Stopped ${calm} nothing`,
  },
  {
    when: 'it grows',
    of: () => view().running(1).size(3),
    then: `Scaling Ready=False/OperationRunning Available=True/ReadSucceeded ${calm} ScaleOut 1→3`,
  },
  {
    when: 'one of three members does not answer',
    of: () => view().running(3).unhealthy(2),
    then: `Degraded Ready=False/MembersUnhealthy Available=True/ReadSucceeded ${calm} nothing`,
  },
  {
    when: 'volumes of an earlier cluster are in the way',
    of: () => view().unborn(1).withVolume({ name: 'data-orders-0', ordinal: 0, incarnation: '0ddba11e' }),
    then: 'Failed Ready=False/FormerVolumesFound Available=False/NotBootstrapped Stalled=True/FormerVolumesFound Create 0→1',
  },
];

describe('status', () => {
  for (const { when, of, then } of rows) {
    it(`when ${when}`, () => expect(said(of())).to.equal(then));
  }
});
