import { expect } from 'chai';
import type { EffectRecord } from '../../../controller/effects.js';
import { effectsIn, missing } from '../../support/controller-log.js';
import { callsIn, callsLogged, unexplained, type Calls } from '../../support/etcd-calls.js';
import type { Ended } from '../../support/invariants.js';

const effect = (process: string, number: number, verb = 'promote', cluster = 'shop/orders'): EffectRecord => ({
  number,
  id: `${process}-${number}`,
  cluster,
  policy: 'size',
  verb,
  target: 'member/orders-1',
  evidence: 'because',
  precondition: 'memberID=a1',
});
const done = (of: EffectRecord): Ended => ({ effect: of, outcome: 'done' });
const failed = (of: EffectRecord): Ended => ({ effect: of, outcome: 'failed' });

describe("the controller's log", () => {
  it('gives the effects of all its processes by time, and how each ended', () => {
    const line = (time: string, msg: string, of?: EffectRecord): string =>
      JSON.stringify({ level: 'info', time: `2026-11-01T12:00:0${time}Z`, role: 'controller', effect: of, msg });
    const first = [
      line('1.100', 'controller starting'),
      line('1.200', 'effect', effect('a', 1)),
      line('3.000', 'effect failed', effect('a', 2)),
      'a line of someone else',
      '',
    ];
    const second = [line('2.000', 'effect', effect('b', 1)), line('2.000', 'effect', effect('b', 2))];
    expect(effectsIn([first.join('\n'), second.join('\n')])).to.deep.equal([
      done(effect('a', 1)),
      done(effect('b', 1)),
      done(effect('b', 2)),
      failed(effect('a', 2)),
    ]);
  });

  it('is whole when each process has every number up to its highest', () => {
    const whole = [effect('a-0', 2), effect('a-0', 1), effect('b', 1)].map(done);
    expect(missing([])).to.deep.equal([]);
    expect(missing(whole)).to.deep.equal([]);
    expect(missing([...whole, done(effect('a-0', 5)), failed(effect('b', 3))])).to.deep.equal([
      'a-0-3',
      'a-0-4',
      'b-2',
    ]);
  });
});

describe('calls that etcd counted', () => {
  it('are read from its metrics by method, refused ones too', () => {
    const line = (method: string, code: string, count: string): string =>
      `grpc_server_handled_total{grpc_code="${code}",grpc_method="${method}",grpc_service="etcdserverpb.Cluster",grpc_type="unary"} ${count}`;
    const metrics = [
      '# TYPE grpc_server_handled_total counter',
      line('MemberAdd', 'OK', '2'),
      line('MemberAdd', 'Unavailable', '3'),
      line('MemberList', 'OK', '99'),
      line('MemberRemove', 'OK', '1e+01'),
      line('MoveLeader', 'OK', '0'),
      'grpc_server_started_total{grpc_method="MemberPromote"} 7',
      '',
    ];
    expect(callsIn(metrics.join('\n'))).to.deep.equal({
      MemberAdd: { succeeded: 2, all: 5 },
      MemberPromote: { succeeded: 0, all: 0 },
      MemberRemove: { succeeded: 10, all: 10 },
      MoveLeader: { succeeded: 0, all: 0 },
    });
  });

  it('are read from the effect log of one cluster', () => {
    const log = [
      done(effect('a', 1, 'add-learner')),
      failed(effect('a', 2, 'promote')),
      done(effect('a', 3, 'promote')),
      done(effect('a', 4, 'promote', 'shop/other')),
      done(effect('a', 5, 'update')),
    ];
    expect(callsLogged(log, 'shop/orders')).to.deep.equal({
      MemberAdd: { succeeded: 1, all: 1 },
      MemberPromote: { succeeded: 1, all: 2 },
      MemberRemove: { succeeded: 0, all: 0 },
      MoveLeader: { succeeded: 0, all: 0 },
    });
  });

  const calls = (succeeded: number, all: number): Calls => ({ succeeded, all });
  for (const [when, counted, logged, then] of [
    ['both count the same', calls(2, 5), calls(2, 5), []],
    ['a call went round the log', calls(3, 3), calls(2, 2), ['3 asked of etcd, 2 logged']],
    ['a call that etcd never had was logged as done', calls(1, 1), calls(2, 2), ['2 logged, 1 in etcd']],
    ['a reply was lost', calls(2, 2), calls(1, 2), []],
    ['a call did not reach etcd', calls(1, 1), calls(1, 2), []],
  ] as const) {
    it(`agree with the log, or do not, when ${when}`, () => expect(unexplained(counted, logged)).to.deep.equal(then));
  }
});
