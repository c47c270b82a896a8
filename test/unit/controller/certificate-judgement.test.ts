import { expect } from 'chai';
import { environment } from '../../../cmd/environment.js';
import type { EtcdClusterSpec } from '../../../api/index.js';
import { readCertificate } from '../../../certs/index.js';
import {
  certificateSecrets,
  judgeCertificates,
  secretData,
  type CertificatesView,
} from '../../../controller/certificates-view.js';
import { issueSecret } from '../../../controller/issue.js';
import type { ClusterView } from '../../../controller/view.js';
import type { KubeObject } from '../../../kube/index.js';
import { owner, spec } from './objects/desired.js';
import { now, view } from './view-builder.js';

const day = 86_400_000;
type Secrets = ReadonlyMap<string, KubeObject>;
type Fields = Partial<EtcdClusterSpec>;

/** The Secrets of a cluster of this spec as the operator itself issues them at that time, with real keys. */
async function issued(fields: Fields = {}, at = now): Promise<Secrets> {
  const secrets = new Map<string, KubeObject>();
  const clock = { ...environment.clock, now: () => at };
  for (const secret of certificateSecrets(owner, spec(fields))) {
    const owned = new Map([...secrets].map(([name, object]) => [`secrets/${name}`, object]));
    const of: ClusterView = { ...view().running(3).build(), owned };
    const object = await issueSecret(of, { secret }, { ...environment, clock });
    const metadata = { ...object.metadata, uid: `uid-${secret.name}`, resourceVersion: '1' };
    secrets.set(secret.name, { ...object, metadata });
  }
  return secrets;
}

const judge = (secrets: Secrets, { fields = {}, at = now }: { fields?: Fields; at?: number } = {}): CertificatesView =>
  judgeCertificates(certificateSecrets(owner, spec(fields)), (name) => secrets.get(name), at);

/** What is wrong with which Secret. */
const troubles = (judged: CertificatesView): Record<string, string> =>
  Object.fromEntries(
    judged.flatMap(({ secret, problem, detail }) =>
      problem ? [[secret.name, [problem, ...(detail === undefined ? [] : [detail])].join(': ')]] : [],
    ),
  );

/** The Secrets with some data of one replaced. */
function withData(secrets: Secrets, name: string, data: Record<string, string>): Secrets {
  const object = secrets.get(name);
  if (!object) throw new Error(`no Secret ${name}`);
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const changed = { ...(object['data'] as object), ...(Object.fromEntries(encoded) as object) };
  return new Map([...secrets, [name, { ...object, data: changed }]]);
}

const extra = (dnsNames: string[], ipAddresses: string[] = []): Fields => ({
  tls: { client: { extraSANs: { dnsNames, ipAddresses } } },
});

const names = ['orders-peer-tls', 'orders-server-tls', 'orders-client', 'orders-operator-tls'];
const notSigned = (side: string): string => `Unfit: tls.crt is not signed by the cluster's ${side} authority`;
const ofClients = {
  'orders-server-tls': notSigned('client'),
  'orders-client': notSigned('client'),
  'orders-operator-tls': notSigned('client'),
};

describe('judging certificates', () => {
  let good: Secrets;
  let other: Secrets;
  before(async () => {
    [good, other] = await Promise.all([issued(), issued()]);
  });
  const text = (secrets: Secrets, name: string, key: string): string => secretData(secrets.get(name)).get(key) ?? '';

  interface Row {
    readonly when: string;
    readonly of: () => CertificatesView | Promise<CertificatesView>;
    readonly then: object;
  }
  const damaged = (name: string, data: () => Record<string, string>) => (): CertificatesView =>
    judge(withData(good, name, data()));

  const rows: readonly Row[] = [
    { when: 'all were just issued', of: () => judge(good), then: {} },
    {
      when: 'nothing is there',
      of: () => judge(new Map()),
      then: Object.fromEntries(['orders-peer-ca', 'orders-client-ca', ...names].map((name) => [name, 'Missing'])),
    },
    {
      when: 'one Secret is missing',
      of: () => judge(new Map([...good].filter(([name]) => name !== 'orders-server-tls'))),
      then: { 'orders-server-tls': 'Missing' },
    },
    {
      when: 'an authority is missing: nothing of it can be trusted',
      of: () => judge(new Map([...good].filter(([name]) => name !== 'orders-client-ca'))),
      then: { 'orders-client-ca': 'Missing', ...ofClients },
    },
    {
      when: 'an authority was replaced by another, with its key',
      of: () => judge(new Map([...good, ...[...other].filter(([name]) => name === 'orders-client-ca')])),
      then: ofClients,
    },
    {
      when: 'a leaf stands where an authority should',
      of: damaged('orders-peer-ca', () => ({ 'tls.crt': text(good, 'orders-client', 'tls.crt') })),
      then: {
        'orders-peer-ca': 'Unfit: tls.crt is not the certificate of an authority',
        'orders-peer-tls': notSigned('peer'),
        'orders-operator-tls': "Unfit: peer.crt is not signed by the cluster's peer authority",
      },
    },
    {
      when: 'an authority has the key of another',
      of: damaged('orders-peer-ca', () => ({ 'tls.key': text(other, 'orders-peer-ca', 'tls.key') })),
      then: { 'orders-peer-ca': 'Unfit: tls.key does not belong to tls.crt' },
    },
    {
      when: 'a certificate is garbage',
      of: damaged('orders-server-tls', () => ({ 'tls.crt': 'garbage' })),
      then: { 'orders-server-tls': 'Unfit: tls.crt is not a certificate' },
    },
    {
      when: 'a certificate is empty',
      of: damaged('orders-peer-tls', () => ({ 'client.crt': '' })),
      then: { 'orders-peer-tls': 'Unfit: client.crt is not a certificate' },
    },
    {
      when: 'a key is garbage',
      of: damaged('orders-client', () => ({ 'tls.key': 'garbage' })),
      then: { 'orders-client': 'Unfit: tls.key does not belong to tls.crt' },
    },
    {
      when: 'a key is that of another certificate',
      of: damaged('orders-operator-tls', () => ({ 'peer.key': text(good, 'orders-client', 'tls.key') })),
      then: { 'orders-operator-tls': 'Unfit: peer.key does not belong to peer.crt' },
    },
    {
      when: 'the authority beside a leaf is another',
      of: damaged('orders-client', () => ({ 'ca.crt': text(good, 'orders-peer-ca', 'tls.crt') })),
      then: { 'orders-client': notSigned('client') },
    },
    {
      when: 'a whole Secret is that of another cluster',
      of: () => judge(new Map([...good, ...[...other].filter(([name]) => name === 'orders-server-tls')])),
      then: { 'orders-server-tls': notSigned('client') },
    },
    {
      when: 'a name and an address are wanted that it does not have',
      of: () => judge(good, { fields: extra(['etcd.corp'], ['10.0.0.9']) }),
      then: { 'orders-server-tls': 'Unfit: tls.crt lacks etcd.corp, 10.0.0.9' },
    },
    {
      when: 'a name and an address are no longer wanted',
      of: async () => judge(await issued(extra(['etcd.corp', 'b.corp'], ['10.0.0.9'])), { fields: extra(['b.corp']) }),
      then: { 'orders-server-tls': 'Unfit: tls.crt is for etcd.corp, 10.0.0.9 too' },
    },
    {
      when: 'addresses are wanted in another spelling than certificates have, and one of them twice',
      of: async () => {
        const fields = extra(['localhost'], ['FD00:0:0::1', '::ffff:10.0.0.9', '127.0.0.1']);
        return judge(await issued(fields), { fields });
      },
      then: {},
    },
    { when: 'a third of their life is over', of: () => judge(good, { at: now + 59.9 * day }), then: {} },
    {
      when: 'renewBefore is reached',
      of: () => judge(good, { at: now + 60 * day }),
      then: Object.fromEntries(names.map((name) => [name, 'RenewalDue'])),
    },
    {
      when: 'their life is over: still renewed, by an authority that is not',
      of: () => judge(good, { at: now + 91 * day }),
      then: Object.fromEntries(names.map((name) => [name, 'RenewalDue'])),
    },
  ];

  for (const { when, of, then } of rows) {
    it(`when ${when}`, async () => expect(troubles(await of())).to.deep.equal(then));
  }

  it('says whose object it is, when it ends, when it falls due and what is in it', () => {
    const [authority, , , server] = judge(good);
    const print = (name: string): string | undefined => readCertificate(text(good, name, 'tls.crt'))?.fingerprint256;
    const [peerCA, , , wanted] = certificateSecrets(owner, spec());
    expect(authority).to.deep.equal({
      secret: peerCA,
      object: { uid: 'uid-orders-peer-ca', resourceVersion: '1' },
      notAfter: now + 3650 * day,
      fingerprint: print('orders-peer-ca'),
    });
    expect(server).to.deep.equal({
      secret: wanted,
      object: { uid: 'uid-orders-server-tls', resourceVersion: '1' },
      notAfter: now + 90 * day,
      renewAt: now + 60 * day,
      fingerprint: print('orders-server-tls'),
    });
  });

  it('falls due at the moment it said before, also where renewBefore is nearly the whole life', async () => {
    const fields: Fields = { tls: { client: { operator: { duration: '3m', renewBefore: '179s' } } } };
    const secrets = await issued(fields);
    const renewAt = judge(secrets, { fields }).find(({ secret }) => secret.name === 'orders-client')?.renewAt ?? 0;
    const said = [renewAt - 1, renewAt].map((at) => troubles(judge(secrets, { fields, at }))['orders-client']);
    expect([renewAt - now, ...said]).to.deep.equal([60_000, undefined, 'RenewalDue']);
  });

  it('of a Secret with two leaves says what ends first', async () => {
    const fields: Fields = { tls: { client: { operator: { duration: '48h', renewBefore: '12h' } } } };
    const judged = judge(await issued(fields), { fields }).find(({ secret }) => secret.name === 'orders-operator-tls');
    expect([judged?.notAfter, judged?.renewAt]).to.deep.equal([now + 2 * day, now + 1.5 * day]);
  });

  it('never says anything of a key', () => {
    const keys = [...good].flatMap(([, object]) => [...secretData(object)].filter(([key]) => key.endsWith('.key')));
    const said = JSON.stringify(judge(good));
    const lines = keys.flatMap(([, key]) => key.split('\n').filter((line) => line.length > 20));
    expect(lines.filter((line) => said.includes(line))).to.deep.equal([]);
    expect(lines.length).to.be.greaterThan(8);
  });
});
