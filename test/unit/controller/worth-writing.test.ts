import { expect } from 'chai';
import { plan } from '../../../controller/plan.js';
import { isWorthWriting, statusOf } from '../../../controller/status/index.js';
import { view, type ViewBuilder } from './view-builder.js';

interface Row {
  readonly when: string;
  readonly from: () => ViewBuilder;
  readonly to: (next: ViewBuilder) => ViewBuilder;
  readonly worth: boolean;
}

const three = (): ViewBuilder => view().running(3);
const mebibyte = 1024 * 1024;
const minute = 60_000;

const rows: readonly Row[] = [
  { when: 'nothing changed', from: three, to: (next) => next.later(10_000), worth: false },
  { when: 'revisions and raft indexes moved', from: three, to: (next) => next.moved(1_000_000n), worth: false },
  { when: 'ten minutes are not quite over', from: three, to: (next) => next.later(10 * minute - 1_000), worth: false },
  { when: 'ten minutes are over', from: three, to: (next) => next.later(10 * minute), worth: true },
  {
    when: 'the databases grew by a tenth',
    from: () => three().moved(10n, 10 * mebibyte),
    to: (next) => next.moved(10n, 11 * mebibyte),
    worth: false,
  },
  {
    when: 'the databases grew by more than a tenth',
    from: () => three().moved(10n, 10 * mebibyte),
    to: (next) => next.moved(10n, 11 * mebibyte + 4096),
    worth: true,
  },
  {
    when: 'the databases shrank by more than a tenth',
    from: () => three().moved(10n, 10 * mebibyte),
    to: (next) => next.moved(10n, 9 * mebibyte - 4096),
    worth: true,
  },
  { when: 'a member does not answer any more', from: three, to: (next) => next.unhealthy(1), worth: true },
  { when: 'another member leads', from: three, to: (next) => next.ledBy(1), worth: true },
  { when: 'an alarm was raised', from: three, to: (next) => next.alarm('NOSPACE', 0), worth: true },
  { when: 'the size changed', from: three, to: (next) => next.size(5), worth: true },
  {
    when: 'a second pod refuses its disk, which only the message of Stalled says',
    from: () => three().stoppedPod(1).refusesDisk(2),
    to: (next) => next.refusesDisk(1),
    worth: true,
  },
  {
    when: 'pods that refuse their disks are listed in another order',
    from: () => three().refusesDisk(1).refusesDisk(2),
    to: (next) => next.podsReversed(),
    worth: false,
  },
  {
    when: 'other names conflict',
    from: () => three().foreign('services/orders-client'),
    to: (next) => next.foreign('services/orders-peers'),
    worth: true,
  },
  {
    when: 'one member fewer runs while the quorum is lost',
    from: () => three().withoutQuorum().unhealthy(0).stoppedPod(1).stoppedPod(2).silentFor(minute),
    to: (next) => next.stoppedPod(0),
    worth: true,
  },
  {
    when: 'another authority is lost',
    from: () => three().certificate('orders-peer-ca', { problem: 'Missing' }),
    to: (next) => next.certificate('orders-client-ca', { problem: 'Missing' }),
    worth: true,
  },
];

describe('a status is written', () => {
  it('when there was none', () => {
    const built = three().build();
    expect(isWorthWriting(undefined, statusOf(built, plan(built)), built.now)).to.equal(true);
  });

  for (const { when, from, to, worth } of rows) {
    it(`${worth ? 'when' : 'not when'} ${when}`, () => {
      const before = from().build();
      const former = statusOf(before, plan(before));
      const after = to(from().after(former)).build();
      expect(isWorthWriting(former, statusOf(after, plan(after)), after.now)).to.equal(worth);
    });
  }
});
