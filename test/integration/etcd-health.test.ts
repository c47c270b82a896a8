import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { expect } from 'chai';
import { decimalID } from '../../etcd/ids.js';
import { peerVersion, probeMember, type MemberProbe } from '../../etcd/index.js';
import { createBed, versions, type Bed } from '../support/etcd-process.js';
import { eventually } from '../support/poll.js';

for (const version of versions) {
  describe(`etcd ${version}: what a probe sees of trouble`, function () {
    this.timeout(60_000);
    let bed: Bed;
    afterEach(() => bed?.dispose());

    it('an alarm, in the status as in the alarm list', async function () {
      this.timeout(300_000);
      bed = await createBed({ version, size: 1, tls: false });
      await bed.boot();
      const member = bed.member(0);
      const client = member.client();
      const { memberID } = await client.status();
      const raised = [
        { memberID, type: 'NOSPACE' },
        { memberID, type: 'CORRUPT' },
      ];
      const raising = new Etcd3({
        hosts: `http://${member.clientAddress}`,
        faultHandling: { host: () => noop, global: noop },
      });
      for (const alarm of [1, 2]) {
        await raising.maintenance.alarm({ action: 1, memberID: decimalID(memberID), alarm });
      }
      raising.close();
      expect((await probeMember(client, { deadlineMs: 2000 })).alarms).to.have.deep.members(raised);
      expect(await client.alarms()).to.have.deep.members(raised);
    });

    it('a lost quorum: the survivor answers while it runs, and restarted only on its peer port', async () => {
      bed = await createBed({ version, size: 3 });
      await bed.boot();
      const survivor = bed.member(0);
      const client = survivor.client();
      const probed = () => probeMember(client, { deadlineMs: 500 });
      await Promise.all([bed.member(1), bed.member(2)].map((member) => member.stop('SIGKILL')));

      // For an election timeout or two it still names the leader it had, even itself: only the read tells at once.
      const first = await probed();
      expect(first.linearizable).to.equal(undefined);
      await eventually('the survivor says that there is no leader', 10_000, async () => {
        const { status, linearizable } = await probed();
        const says = { leader: status?.leader, errors: status?.errors, linearizable };
        return says.leader === '' ? { done: true, value: says } : { done: false, seen: says };
      });
      const running = await probed();
      expect(running).to.deep.include({
        reachable: true,
        error: { call: 'linearizableRead', code: 'Timeout', message: 'no answer within the deadline' },
      });
      expect(running.status?.errors).to.deep.equal(['etcdserver: no leader']);
      expect(running.members?.members).to.have.length(3);

      await survivor.stop();
      await survivor.start();
      const version_ = await eventually('the survivor answers on its peer port', 10_000, async () => {
        const answer = await peerVersion(survivor.peerTarget);
        return 'error' in answer ? { done: false, seen: answer } : { done: true, value: answer };
      });
      expect(version_.serverVersion).to.equal(version);
      const mute: MemberProbe = {
        reachable: false,
        error: { call: 'status', code: 'Timeout', message: 'no answer within the deadline' },
      };
      expect(await probed()).to.deep.equal(mute);

      await bed.member(1).start();
      await survivor.serving();
    });
  });
}
