import { expect } from 'chai';
import {
  EtcdError,
  isCaughtUp,
  listsAgree,
  peerVersion,
  type MemberClient,
  type MemberList,
} from '../../etcd/index.js';
import { createBed, newest, versions, type Bed, type EtcdMember } from '../support/etcd-process.js';
import { eventually } from '../support/poll.js';

/**
 * The sequence of a growth as the controller goes through it, without Kubernetes: what etcd itself takes. Prints where
 * the time goes; the bound is generous, because the machine has other work to do.
 */
class Growth {
  readonly #began = performance.now();
  readonly #ids = new Map<EtcdMember, string>();
  readonly #lines: string[] = [];
  readonly #members: EtcdMember[];

  constructor(
    private readonly leader: MemberClient,
    first: EtcdMember,
  ) {
    this.#members = [first];
  }

  get elapsedMs(): number {
    return performance.now() - this.#began;
  }
  get timeLine(): string {
    return this.#lines.join(', ');
  }

  #note(what: string): void {
    this.#lines.push(`${what} ${(this.elapsedMs / 1000).toFixed(2)}`);
  }

  /** Adds it, starts it on a file that lists the membership of this moment, waits until it has joined, and seals it. */
  async join(member: EtcdMember): Promise<void> {
    const { added } = await this.#accepted(`${member.name} is added`, () =>
      this.leader.addLearner(member.peer.peerURL),
    );
    this.#ids.set(member, added.id);
    this.#members.push(member);
    await member.write({ kind: 'existing', initialCluster: this.#members.map(({ peer }) => peer) });
    await member.start();
    await eventually(
      `${member.name} answers on its peer port`,
      20_000,
      async () => {
        const answer = await peerVersion(member.peerTarget);
        return 'error' in answer ? { done: false, seen: answer } : { done: true, value: answer };
      },
      20,
    );
    const peers = this.#members.filter((other) => other !== member).map(({ peer }) => peer);
    await member.write({ kind: 'sealed', peers });
    this.#note(`${member.name} joined`);
  }

  /** Promotes it at the leader once it has caught up, and waits until it serves. */
  async promote(member: EtcdMember): Promise<void> {
    const client = member.client();
    await eventually(
      `${member.name} has caught up`,
      20_000,
      async () => {
        const [own, leading] = await Promise.all([client.status(), this.leader.status()]);
        return isCaughtUp(own, leading) ? { done: true, value: own } : { done: false, seen: { own, leading } };
      },
      20,
    );
    const id = this.#ids.get(member) ?? '';
    await this.#accepted(`${member.name} is promoted`, () => this.leader.promote(id));
    await member.serving();
    this.#note(`${member.name} serves`);
  }

  /** While etcd says "not yet", asks again. */
  #accepted<T>(what: string, change: () => Promise<T>): Promise<T> {
    return eventually(
      what,
      20_000,
      async () => {
        try {
          return { done: true, value: await change() };
        } catch (error) {
          const isNotYet = error instanceof EtcdError && ['UnhealthyCluster', 'LearnerNotReady'].includes(error.code);
          if (isNotYet) return { done: false, seen: error.code };
          throw error;
        }
      },
      50,
    );
  }
}

async function lists(members: readonly EtcdMember[]): Promise<readonly MemberList[]> {
  return Promise.all(members.map((member) => member.client().members({ linearizable: false })));
}

describe('etcd: growing by learners', function () {
  this.timeout(60_000);
  let bed: Bed;
  afterEach(() => bed?.dispose());

  async function grown(version: string, size: number, isOneByOne: boolean): Promise<Growth> {
    bed = await createBed({ version, size, options: {} });
    await bed.boot(1);
    const [first, ...joiners] = bed.members;
    const growth = new Growth(bed.member(0).client(), first!);
    for (const joiner of joiners) {
      await growth.join(joiner);
      if (isOneByOne) await growth.promote(joiner);
    }
    if (!isOneByOne) for (const joiner of joiners) await growth.promote(joiner);
    const all = await lists(bed.members);
    expect(listsAgree(all)).to.equal(true);
    expect(all[0]?.members.map(({ isLearner }) => isLearner)).to.deep.equal(bed.members.map(() => false));
    console.log(`      ${version} 1 → ${size}: ${growth.timeLine}`);
    return growth;
  }

  for (const version of versions.filter((each) => !each.startsWith('3.5'))) {
    for (const size of [3, 7]) {
      it(`${version}: 1 → ${size}, all started before the first is promoted`, async function () {
        this.timeout(300_000);
        const growth = await grown(version, size, false);
        // Far below the 5 s that an add after a promotion would cost.
        expect(growth.elapsedMs).to.be.below(size === 3 ? 4000 : 12_000);
      });
    }
  }

  it(`${newest('3.5')}: 1 → 3, one by one, with 5 s before the second`, async function () {
    this.timeout(300_000);
    const growth = await grown(newest('3.5'), 3, true);
    expect(growth.elapsedMs).to.be.within(5000, 12_000);
  });
});
