import { expect } from 'chai';
import { environment } from '../../cmd/environment.js';
import { createClientPool, createMemberClient, peerURL, peerVersion, type MemberClient } from '../../etcd/index.js';
import { createBed, loopbackAddress, newest, type Bed, type EtcdMember } from '../support/etcd-process.js';
import { faultyProxy, type FaultyProxy } from '../support/etcd-proxy.js';

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const { name, code, isAmbiguous, message } = error as {
      name: string;
      code: string;
      isAmbiguous: boolean;
      message: string;
    };
    return { name, code, isAmbiguous, message };
  }
}

describe('etcd: a connection that fails', function () {
  this.timeout(30_000);
  let bed: Bed;
  let member: EtcdMember;
  let proxy: FaultyProxy;
  let client: MemberClient;

  before(async function () {
    this.timeout(300_000);
    bed = await createBed({ version: newest('3.6'), size: 1 });
    await bed.boot();
    member = bed.member(0);
  });
  after(() => bed?.dispose());

  beforeEach(async () => {
    proxy = await faultyProxy(member.clientAddress);
    client = createMemberClient({
      address: proxy.address,
      serverName: member.serverName,
      tls: bed.certificates?.client,
      deadlineMs: 1000,
      environment,
    });
  });
  afterEach(async () => {
    client.close();
    await proxy.close();
  });

  /** The peer URLs of learners, and each removed again. */
  async function learnersFound(): Promise<readonly string[]> {
    const direct = member.client();
    const { members } = await direct.members({ linearizable: true });
    const found = members.filter(({ isLearner }) => isLearner);
    for (const { id } of found) await direct.remove(id);
    return found.flatMap(({ peerURLs }) => peerURLs);
  }

  const lost: readonly [fault: 'lost-reply' | 'cut-at-reply', code: string][] = [
    ['lost-reply', 'Timeout'],
    ['cut-at-reply', 'Unavailable'],
  ];
  for (const [fault, code] of lost) {
    it(`${fault}: a change has happened once and is called ambiguous, a question is not`, async () => {
      await client.status();
      const url = peerURL(loopbackAddress(), true);
      proxy.fault = fault;
      expect(await failure(client.addLearner(url))).to.include({ name: 'EtcdError', code, isAmbiguous: true });
      expect(await failure(client.status())).to.include({ name: 'EtcdError', code, isAmbiguous: false });
      expect(await learnersFound()).to.deep.equal([url]);
      proxy.fault = 'none';
      expect((await client.status()).leader).to.match(/^[0-9a-f]{16}$/);
    });
  }

  it('a connection that is taken and never answered ends with the deadline, and the next call begins another', async () => {
    proxy.fault = 'mute';
    const began = performance.now();
    expect(await failure(client.status({ deadlineMs: 300 }))).to.deep.equal({
      name: 'EtcdError',
      code: 'Timeout',
      isAmbiguous: false,
      message: 'no answer within the deadline',
    });
    expect(performance.now() - began).to.be.within(250, 1500);
    proxy.fault = 'none';
    expect((await client.status({ deadlineMs: 1000 })).leader).to.match(/^[0-9a-f]{16}$/);
    expect(proxy.connections).to.equal(2);
  });

  it('calls side by side share one connection, and so do later ones', async () => {
    await Promise.all([client.status(), client.members({ linearizable: false }), client.linearizableRead()]);
    await client.status();
    expect(proxy.connections).to.equal(1);
  });

  it('a call that times out does not take another under way with it', async () => {
    await client.status();
    await member.pause();
    const patient = client.linearizableRead({ deadlineMs: 10_000 });
    expect(await failure(client.status({ deadlineMs: 200 }))).to.include({ code: 'Timeout' });
    member.resume();
    expect((await patient).revision).to.equal(1n);
  });

  it('a signal and a close end calls under way, and nothing is sent after', async () => {
    await client.status();
    proxy.fault = 'lost-reply';
    const stop = new AbortController();
    const stopped = failure(client.status({ signal: stop.signal }));
    const change = failure(client.remove('1234', { signal: stop.signal }));
    stop.abort();
    expect(await stopped).to.deep.equal({ name: 'EtcdError', code: 'Aborted', isAmbiguous: false, message: 'aborted' });
    expect(await change).to.include({ code: 'Aborted', isAmbiguous: true });
    const early = { name: 'EtcdError', code: 'Aborted', isAmbiguous: false, message: 'aborted before it was sent' };
    expect(await failure(client.remove('1234', { signal: stop.signal }))).to.deep.equal(early);
    const closing = failure(client.status());
    client.close();
    expect(await closing).to.include({ code: 'Aborted', isAmbiguous: false });
    expect(await failure(client.remove('1234'))).to.deep.equal(early);
  });

  it('a pool gives a new connection to a new certificate', async () => {
    const pool = createClientPool({ deadlineMs: 1000, idleMs: 60_000, environment });
    const target = { address: proxy.address, serverName: member.serverName };
    const foreign = { ...target, tls: bed.certificates?.foreignClient };
    const own = { ...target, tls: bed.certificates?.client };
    expect(await failure(pool.client(foreign).status())).to.include({
      code: 'CertificateRejected',
      isAmbiguous: false,
    });
    expect((await pool.client(own).status()).isLearner).to.equal(false);
    pool.close();
  });

  it('on the peer port too, the deadline and the signal hold', async () => {
    proxy.fault = 'mute';
    const target = { ...member.peerTarget, address: proxy.address, deadlineMs: 200 };
    expect(await peerVersion(target)).to.deep.equal({
      error: { code: 'Timeout', message: 'no answer within the deadline' },
    });
    const stop = new AbortController();
    const stopped = peerVersion({ ...target, deadlineMs: 5000, signal: stop.signal });
    stop.abort();
    expect(await stopped).to.deep.equal({ error: { code: 'Aborted', message: 'aborted' } });
    expect(await peerVersion({ ...target, signal: stop.signal })).to.deep.equal({
      error: { code: 'Aborted', message: 'aborted' },
    });
  });
});
