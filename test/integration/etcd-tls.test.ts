import { connect as tlsConnect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { ports } from '../../api/names.js';
import { environment } from '../../cmd/environment.js';
import {
  createMemberClient,
  peerVersion,
  probeMember,
  type ClientCertificate,
  type MemberProbe,
} from '../../etcd/index.js';
import { createBed, versions, type Bed, type EtcdMember } from '../support/etcd-process.js';
import type { BedCertificates } from '../support/etcd-certificates.js';
import { eventually } from '../support/poll.js';

/** What a TLS client that shows no certificate hears after its first request: data, or the reason of the end. */
function withoutCertificate(
  host: string,
  port: number,
  { ca }: ClientCertificate,
  servername: string,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = tlsConnect({ host, port, ca, servername }, () => socket.write('GET /version HTTP/1.0\r\n\r\n'));
    socket.on('error', (error: Error) => resolve(error.message));
    socket.on('data', (data) => resolve(`answered: ${String(data)}`));
    socket.on('close', () => resolve('closed'));
    socket.setTimeout(5000, () => socket.destroy(new Error('silence')));
  });
}

for (const version of versions) {
  describe(`etcd ${version}: who is let in`, function () {
    this.timeout(30_000);
    let bed: Bed;
    let member: EtcdMember;
    let certificates: BedCertificates;

    before(async function () {
      this.timeout(300_000);
      bed = await createBed({ version, size: 1 });
      await bed.boot();
      member = bed.member(0);
      if (bed.certificates === undefined) throw new Error('no certificates');
      certificates = bed.certificates;
    });
    after(() => bed?.dispose());

    async function probed(tls: ClientCertificate | undefined, serverName = member.serverName): Promise<MemberProbe> {
      const target = { address: member.clientAddress, serverName, tls, deadlineMs: 2000, environment };
      const client = createMemberClient(target);
      const probe = await probeMember(client, { deadlineMs: 2000 });
      client.close();
      return probe;
    }

    it("lets the operator's certificates in, which carry no names", async () => {
      expect((await probed(certificates.client)).reachable).to.equal(true);
      const expected = { serverVersion: version, clusterVersion: `${version.slice(0, 3)}.0` };
      await eventually('the cluster has agreed on a version', 5000, async () => {
        const answer = await peerVersion(member.peerTarget);
        return isDeepStrictEqual(answer, expected) ? { done: true, value: answer } : { done: false, seen: answer };
      });
    });

    it('refuses on the client port: plain text, foreign certificates, those of the peer authority, none', async () => {
      const { client, foreignClient, peer } = certificates;
      expect((await probed(undefined)).error?.code).to.equal('Unavailable');
      expect((await probed(foreignClient)).error?.code).to.equal('CertificateRejected');
      expect((await probed({ ...peer, ca: client.ca })).error?.code).to.equal('CertificateRejected');
      expect(await withoutCertificate(member.host, ports.client, client, member.serverName)).to.match(/alert|closed/);
    });

    it('refuses on the peer port: plain text, foreign certificates, those of the client authority, none', async () => {
      const { client, foreignPeer, peer } = certificates;
      const asked = async (tls: ClientCertificate | undefined) => {
        const answer = await peerVersion({ ...member.peerTarget, tls });
        return 'error' in answer ? answer.error.code : answer;
      };
      expect(await asked(foreignPeer)).to.equal('CertificateRejected');
      expect(await asked({ ...client, ca: peer.ca })).to.equal('CertificateRejected');
      expect(await asked(undefined)).to.be.oneOf(['Unavailable', 'Other']);
      expect(await withoutCertificate(member.host, ports.peer, peer, member.serverName)).to.match(/alert|closed/);
    });

    it('is itself refused with another name or another authority', async () => {
      const { client, peer } = certificates;
      expect((await probed(client, 'm1.etcd.test')).error?.code).to.equal('CertificateRejected');
      expect((await probed({ ...client, ca: peer.ca })).error?.code).to.equal('CertificateRejected');
      const answer = await peerVersion({ ...member.peerTarget, serverName: 'm1.etcd.test' });
      expect('error' in answer && answer.error.code).to.equal('CertificateRejected');
    });

    it('serves health and metrics in plain text, and nothing else there', async () => {
      const at = (path: string, init?: RequestInit) => fetch(`http://${member.host}:${ports.metrics}${path}`, init);
      for (const path of ['/health', '/livez', '/readyz', '/metrics'])
        expect((await at(path)).status, path).to.equal(200);
      const others = [
        '/',
        '/version',
        '/members',
        '/raft',
        '/v2/keys',
        '/debug/pprof/',
        '/debug/vars',
        '/config/local/log',
      ];
      for (const path of others) expect((await at(path)).status, path).to.equal(404);
      const range = { method: 'POST', body: JSON.stringify({ key: 'AA==', range_end: 'AA==' }) };
      for (const path of ['/v3/kv/range', '/v3alpha/kv/range', '/v3beta/kv/range']) {
        expect((await at(path, range)).status, path).to.equal(404);
      }
      const target = { address: `${member.host}:${ports.metrics}`, serverName: member.serverName, environment };
      const client = createMemberClient({ ...target, deadlineMs: 2000 });
      expect((await probeMember(client, { deadlineMs: 2000 })).reachable).to.equal(false);
      client.close();
    });
  });
}
