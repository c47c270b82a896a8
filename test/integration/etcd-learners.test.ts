import { expect } from 'chai';
import {
  EtcdError,
  isCaughtUp,
  learners,
  listsAgree,
  peerVersion,
  probeMember,
  voters,
  type Member,
  type MemberClient,
} from '../../etcd/index.js';
import { createBed, versions, type Bed, type EtcdMember } from '../support/etcd-process.js';
import { eventually } from '../support/poll.js';

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof EtcdError && !error.isAmbiguous) return error.code;
    throw error;
  }
}

for (const version of versions) {
  const hasMaxLearners = !version.startsWith('3.5');

  describe(`etcd ${version}: learners`, function () {
    this.timeout(60_000);
    let bed: Bed;

    beforeEach(async function () {
      this.timeout(300_000);
      bed = await createBed({ version, size: 9 });
    });
    afterEach(() => bed?.dispose());

    const peersOf = (members: readonly EtcdMember[]) => members.map(({ peer }) => peer);

    async function joins(member: EtcdMember, leader: MemberClient, present: readonly EtcdMember[]): Promise<Member> {
      const { added } = await leader.addLearner(member.peer.peerURL);
      await member.write({ kind: 'existing', initialCluster: peersOf([...present, member]) });
      await member.start();
      await eventually(`${member.name} has joined`, 20_000, async () => {
        const answer = await peerVersion(member.peerTarget);
        return 'error' in answer ? { done: false, seen: answer } : { done: true, value: answer };
      });
      return added;
    }
    async function learnerOf(leader: MemberClient): Promise<string> {
      const [learner] = learners((await leader.members({ linearizable: true })).members);
      return learner?.id ?? '';
    }
    async function caughtUp(member: EtcdMember, leader: MemberClient): Promise<void> {
      const client = member.client();
      await eventually(
        `${member.name} has caught up`,
        10_000,
        async () => {
          const [own, leading] = await Promise.all([client.status(), leader.status()]);
          return isCaughtUp(own, leading) ? { done: true, value: own } : { done: false, seen: { own, leading } };
        },
        20,
      );
    }

    it(`takes ${hasMaxLearners ? 'six at once and no seventh' : 'one at once and no second'}`, async () => {
      await bed.boot(1);
      const leader = bed.member(0).client();
      const limit = hasMaxLearners ? 6 : 1;
      for (let ordinal = 1; ordinal <= limit; ordinal += 1) {
        const { added, members } = await leader.addLearner(bed.member(ordinal).peer.peerURL);
        expect(added).to.deep.equal({
          id: added.id,
          name: '',
          peerURLs: [bed.member(ordinal).peer.peerURL],
          clientURLs: [],
          isLearner: true,
        });
        expect(members).to.have.length(ordinal + 1);
      }
      expect(await codeOf(leader.addLearner(bed.member(limit + 1).peer.peerURL))).to.equal('TooManyLearners');
      const again = await codeOf(leader.addLearner(bed.member(1).peer.peerURL));
      expect(again).to.be.oneOf(['TooManyLearners', 'PeerURLExists', 'MemberExists']);
    });

    it('one that never started is not promoted, and its going leaves the cluster whole', async () => {
      await bed.boot(1);
      const leader = bed.member(0).client();
      const { added } = await leader.addLearner(bed.member(1).peer.peerURL);
      expect(await codeOf(leader.promote(added.id))).to.equal('LearnerNotReady');
      expect(await codeOf(leader.moveLeader(added.id))).to.equal('Other');
      expect((await leader.linearizableRead()).revision).to.equal(1n);
      expect((await leader.remove(added.id)).members).to.have.length(1);
      expect(await codeOf(leader.promote(added.id))).to.equal('MemberNotFound');
    });

    it('one added, removed and added again within a second has an ID that was removed, and is refused until the next', async () => {
      await bed.boot(1);
      const leader = bed.member(0).client();
      const url = bed.member(1).peer.peerURL;
      await leader.remove((await leader.addLearner(url)).added.id);
      await eventually('it is added again', 3000, async () => {
        const code = await codeOf(leader.addLearner(url));
        expect(code).to.be.oneOf(['MemberNotFound', 'done']);
        return code === 'done' ? { done: true, value: code } : { done: false, seen: code };
      });
    });

    it('tells its status and refuses the rest; then is promoted and serves', async () => {
      await bed.boot(1);
      const [first, second] = [bed.member(0), bed.member(1)];
      const leader = first.client();
      const { id } = await joins(second, leader, [first]);
      await caughtUp(second, leader);

      const learner = second.client();
      const probe = await probeMember(learner, { deadlineMs: 2000 });
      expect(probe).to.have.all.keys('reachable', 'status', 'alarms');
      expect(probe.status).to.deep.include({ memberID: id, isLearner: true });
      expect(await codeOf(learner.linearizableRead())).to.equal('LearnerRefuses');
      expect(await codeOf(learner.members({ linearizable: false }))).to.equal('LearnerRefuses');
      expect(await codeOf(learner.hashKV(0n))).to.equal('LearnerRefuses');
      expect((await learner.serializableRead()).revision).to.equal(1n);
      const own = await leader.members({ linearizable: false });

      await leader.promote(id);
      await second.serving();
      const lists = [
        own,
        ...(await Promise.all([leader, learner].map((each) => each.members({ linearizable: false })))),
      ];
      expect([listsAgree(lists.slice(1)), listsAgree(lists)]).to.deep.equal([true, false]);
    });

    // Elsewhere the growth one by one shows it.
    if (version === versions.at(-1)) {
      it('needs every voter connected for 5 s before the next is added or a voter is removed', async () => {
        await bed.boot(1);
        const [first, second, third] = [bed.member(0), bed.member(1), bed.member(2)];
        const leader = first.client();
        const began = performance.now();
        const { id } = await joins(second, leader, [first]);
        await caughtUp(second, leader);
        await leader.promote(id);
        await second.serving();
        expect(await codeOf(leader.addLearner(third.peer.peerURL))).to.equal('UnhealthyCluster');
        expect(await codeOf(leader.remove(id))).to.equal('UnhealthyCluster');
        const next = await eventually('the next is added', 10_000, async () => {
          const code = await codeOf(leader.addLearner(third.peer.peerURL));
          return code === 'done' ? { done: true, value: await learnerOf(leader) } : { done: false, seen: code };
        });
        expect(performance.now() - began).to.be.within(5000, 9000);
        await leader.remove(next);
        await leader.remove(id);
        // Of its own accord, with the code of success: a kubelet would start it again.
        expect(await second.exited()).to.equal(0);
        expect((await leader.linearizableRead()).revision).to.equal(1n);
      });
    }

    it('with one of three voters down neither takes one nor lets a healthy voter go', async () => {
      await bed.boot(3);
      const [first, second, third] = [bed.member(0), bed.member(1), bed.member(2)];
      const client = first.client();
      const { members } = await client.members({ linearizable: true });
      const idOf = (member: EtcdMember) => voters(members).find(({ name }) => name === member.name)?.id ?? '';
      await third.stop('SIGKILL');
      await first.serving();
      expect(await codeOf(client.addLearner(bed.member(3).peer.peerURL))).to.equal('UnhealthyCluster');
      expect(await codeOf(client.remove(idOf(second)))).to.be.oneOf(['UnhealthyCluster', 'NotEnoughStarted']);
      expect((await client.members({ linearizable: true })).members).to.have.length(3);
    });
  });
}
