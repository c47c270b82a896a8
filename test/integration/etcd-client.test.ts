import { expect } from 'chai';
import { listsAgree, probeMember, type MemberClient, type MemberStatus } from '../../etcd/index.js';
import { createBed, versions, type Bed } from '../support/etcd-process.js';
import { eventually } from '../support/poll.js';

/** What a call is refused with: the whole error but its cause. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const { code, isAmbiguous } = error as { code: unknown; isAmbiguous: unknown };
    return { code, isAmbiguous };
  }
}

for (const version of versions) {
  describe(`etcd ${version}: three members over mutual TLS`, function () {
    this.timeout(60_000);
    let bed: Bed;
    let clients: readonly MemberClient[];

    before(async function () {
      this.timeout(300_000);
      bed = await createBed({ version, size: 3 });
      await bed.boot();
      clients = bed.members.map((member) => member.client());
    });
    after(() => bed?.dispose());

    async function statuses(): Promise<readonly MemberStatus[]> {
      return Promise.all(clients.map((client) => client.status()));
    }
    async function leaderAndFollower(): Promise<{ leader: MemberClient; follower: MemberClient; followerID: string }> {
      const all = await statuses();
      const at = all.findIndex(({ memberID, leader }) => memberID === leader);
      const [leader, follower] = [clients[at], clients[(at + 1) % 3]];
      if (!leader || !follower) throw new Error('no leader');
      return { leader, follower, followerID: all[(at + 1) % 3]?.memberID ?? '' };
    }

    it('each tells its status, and all name one leader', async () => {
      // From 3.6 on a member tells its storage's version a moment after it serves, when it has found out.
      const all = await eventually('a storage version of each', 10_000, async () => {
        const seen = await statuses();
        const isTold = version.startsWith('3.5') || seen.every(({ storageVersion }) => storageVersion !== '');
        return isTold ? { done: true, value: seen } : { done: false, seen };
      });
      const [first] = all;
      if (first === undefined) throw new Error('no status');
      expect(new Set(all.map(({ memberID }) => memberID)).size).to.equal(3);
      for (const status of all) {
        expect(status).to.deep.include({
          clusterID: first.clusterID,
          leader: first.leader,
          version,
          isLearner: false,
          errors: [],
          dbSizeQuota: version.startsWith('3.5') ? 0 : 2 ** 31,
        });
        // A new cluster of 3.6 or 3.7 writes the storage of the minor before, until it has agreed on a version.
        expect(status.storageVersion).to.match(version.startsWith('3.5') ? /^$/ : /^3\.\d\.0$/);
        expect(status.clusterID).to.match(/^[0-9a-f]{16}$/);
        expect(status.raftIndex >= status.raftAppliedIndex && status.raftAppliedIndex > 0n).to.equal(true);
      }
      expect(all.map(({ memberID }) => memberID)).to.include(first.leader);
    });

    it("lists the members, linearizable and by each member's own list", async () => {
      const [first] = clients;
      const linearizable = await first!.members({ linearizable: true });
      const own = await Promise.all(clients.map((client) => client.members({ linearizable: false })));
      expect(listsAgree([linearizable, ...own])).to.equal(true);
      const byName = [...linearizable.members].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(
        byName.map(({ name, peerURLs, clientURLs, isLearner }) => ({ name, peerURLs, clientURLs, isLearner })),
      ).to.deep.equal(
        bed.members.map(({ name, peer, clientAddress }) => ({
          name,
          peerURLs: [peer.peerURL],
          clientURLs: [`https://${clientAddress}`],
          isLearner: false,
        })),
      );
    });

    it('reads through every member, and all hash to the same', async () => {
      const reads = await Promise.all(clients.map((client) => client.linearizableRead()));
      expect(reads.map(({ revision }) => revision)).to.deep.equal([1n, 1n, 1n]);
      expect(
        (await Promise.all(clients.map((client) => client.serializableRead()))).map(({ memberID }) => memberID),
      ).to.deep.equal(reads.map(({ memberID }) => memberID));
      const hashes = await Promise.all(clients.map((client) => client.hashKV(0n)));
      expect(new Set(hashes.map(({ hash }) => hash)).size).to.equal(1);
      expect(hashes.map(({ hashRevision }) => hashRevision)).to.deep.equal(
        version.startsWith('3.5') ? [0n, 0n, 0n] : [1n, 1n, 1n],
      );
      expect(await clients[0]!.alarms()).to.deep.equal([]);
    });

    it('refuses what cannot be, in words that say so', async () => {
      const { leader, follower, followerID } = await leaderAndFollower();
      expect(await refusal(leader.remove('1234'))).to.deep.equal({ code: 'MemberNotFound', isAmbiguous: false });
      expect(await refusal(leader.promote('1234'))).to.deep.equal({ code: 'MemberNotFound', isAmbiguous: false });
      expect(await refusal(leader.promote(followerID))).to.deep.equal({ code: 'MemberNotLearner', isAmbiguous: false });
      expect(await refusal(leader.moveLeader('1234'))).to.deep.equal({ code: 'Other', isAmbiguous: false });
      expect(await refusal(follower.moveLeader(followerID))).to.deep.equal({ code: 'NotLeader', isAmbiguous: false });
      expect(await refusal(leader.hashKV(1000n))).to.deep.equal({ code: 'FutureRevision', isAmbiguous: false });
    });

    it('moves the leader, whom all then name', async () => {
      const { leader, followerID } = await leaderAndFollower();
      await leader.moveLeader(followerID);
      await eventually('all name the new leader', 5000, async () => {
        const leaders = (await statuses()).map((status) => status.leader);
        return leaders.every((id) => id === followerID)
          ? { done: true, value: leaders }
          : { done: false, seen: leaders };
      });
    });

    it('one probe tells everything', async () => {
      const probe = await probeMember(clients[0]!, { deadlineMs: 2000 });
      expect(probe).to.have.all.keys('reachable', 'status', 'members', 'linearizable', 'alarms');
      expect(probe.members?.members).to.have.length(3);
    });

    it('finds a member again as soon as it is back, killed or stopped', async () => {
      const [member, client] = [bed.member(1), clients[1]!];
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        await member.stop(signal);
        expect(await refusal(client.status())).to.deep.equal({ code: 'Unavailable', isAmbiguous: false });
        expect(await refusal(client.remove('1234'))).to.deep.equal({ code: 'Unavailable', isAmbiguous: false });
        await member.start();
        await member.serving();
        expect((await client.linearizableRead()).revision).to.equal(1n);
      }
    });
  });
}
