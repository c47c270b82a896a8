import { expect } from 'chai';
import { readPod } from '../../../controller/read-pod.js';

interface Row {
  readonly when: string;
  readonly container: object;
  readonly then: { readonly isRunning: boolean; readonly lastExit: object | undefined };
}

const terminated = { exitCode: 1, message: "couldn't find local name", finishedAt: '2026-11-01T12:00:00Z' };
const exit = { code: 1, message: terminated.message, at: Date.parse(terminated.finishedAt) };
const waiting = { reason: 'CrashLoopBackOff' };

const rows: readonly Row[] = [
  {
    when: 'it runs for the first time',
    container: { state: { running: {} } },
    then: { isRunning: true, lastExit: undefined },
  },
  { when: 'it has ended', container: { state: { terminated } }, then: { isRunning: false, lastExit: exit } },
  {
    when: 'it waits to be started again',
    container: { state: { waiting }, lastState: { terminated } },
    then: { isRunning: false, lastExit: exit },
  },
  {
    when: 'it runs again and its startup probe has not passed: it may end in the same way in a moment',
    container: { state: { running: {} }, started: false, lastState: { terminated } },
    then: { isRunning: true, lastExit: exit },
  },
  {
    when: 'it runs again and has started',
    container: { state: { running: {} }, started: true, lastState: { terminated } },
    then: { isRunning: true, lastExit: undefined },
  },
];

describe("how a member's container last ended", () => {
  for (const { when, container, then } of rows) {
    it(`when ${when}`, () => {
      const pod = readPod('orders', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'orders-0', namespace: 'shop' },
        status: { containerStatuses: [{ name: 'etcd', ...container }] },
      });
      expect({ isRunning: pod?.isRunning, lastExit: pod?.lastExit }).to.deep.equal(then);
    });
  }
});
