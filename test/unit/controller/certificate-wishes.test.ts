import { expect } from 'chai';
import type { EtcdClusterSpec } from '../../../api/index.js';
import { certificateSecrets } from '../../../controller/certificates-view.js';
import { differences } from './objects/differences.js';
import { owner, spec } from './objects/desired.js';

const wishes = (fields: Partial<EtcdClusterSpec> = {}) => certificateSecrets(owner, spec(fields));

const day = 86_400_000;
const type = 'kubernetes.io/tls';
const own = { certificate: 'tls.crt', key: 'tls.key', ca: 'ca.crt' };
const hosts = (domain = 'cluster.local'): string[] =>
  [0, 1, 2, 3, 4, 5, 6].map((ordinal) => `orders-${ordinal}.orders-peers.shop.svc.${domain}`);
const serverNames = [
  ...hosts(),
  'orders-client.shop.svc.cluster.local',
  'orders-client.shop.svc',
  'orders-client.shop',
  'orders-client',
  'localhost',
];

const authority = (side: 'peer' | 'client'): object => ({
  name: `orders-${side}-ca`,
  type,
  content: {
    kind: 'authority',
    authority: side,
    commonName: `shop/orders ${side} authority`,
    validityMs: 3650 * day,
  },
});

const leaf = (side: 'peer' | 'client', commonName: string, rest: object = {}): object => ({
  files: own,
  authority: side,
  commonName,
  organization: 'shop/orders',
  dnsNames: [],
  ipAddresses: [],
  usages: ['client'],
  validityMs: 90 * day,
  renewBeforeMs: 30 * day,
  ...rest,
});

const leaves = (name: string, ...each: object[]): object => ({ name, type, content: { kind: 'leaves', leaves: each } });

const whole = [
  authority('peer'),
  authority('client'),
  leaves(
    'orders-peer-tls',
    leaf('peer', 'orders', { dnsNames: hosts(), usages: ['server', 'client'] }),
    leaf('peer', 'orders', { files: { certificate: 'client.crt', key: 'client.key', ca: 'ca.crt' } }),
  ),
  leaves(
    'orders-server-tls',
    leaf('client', 'orders', { dnsNames: serverNames, ipAddresses: ['127.0.0.1'], usages: ['server', 'client'] }),
  ),
  leaves('orders-client', leaf('client', 'orders-client')),
  leaves(
    'orders-operator-tls',
    leaf('client', 'quorate-operator'),
    leaf('peer', 'quorate-operator', { files: { certificate: 'peer.crt', key: 'peer.key', ca: 'peer-ca.crt' } }),
  ),
];

/** The paths of one field in all leaves of one side, with this value. */
const ofSide = (side: 'peer' | 'client', field: string, value: unknown): object => {
  const paths = { peer: ['[2]#0', '[2]#1', '[5]#1'], client: ['[3]#0', '[4]#0', '[5]#0'] }[side];
  return Object.fromEntries(paths.map((path) => [`${path.replace(/#(\d)/, '.content.leaves[$1]')}.${field}`, value]));
};

interface Row {
  readonly of: string;
  readonly fields: Partial<EtcdClusterSpec>;
  /** What is wished otherwise than by the default spec of size 3. */
  readonly then: object;
}

const rows: readonly Row[] = [
  { of: 'any size the same, so that growth reissues nothing', fields: { size: 7 }, then: {} },
  {
    of: 'another cluster domain: in the name of every member and of the Service',
    fields: { clusterDomain: 'k8s.corp' },
    then: Object.fromEntries([
      ...hosts('k8s.corp').flatMap((host, ordinal) => [
        [`[2].content.leaves[0].dnsNames[${ordinal}]`, host],
        [`[3].content.leaves[0].dnsNames[${ordinal}]`, host],
      ]),
      ['[3].content.leaves[0].dnsNames[7]', 'orders-client.shop.svc.k8s.corp'],
    ]) as object,
  },
  {
    of: 'further names and addresses: in that of the client port alone',
    fields: { tls: { client: { extraSANs: { dnsNames: ['etcd.corp', '*.etcd.corp'], ipAddresses: ['10.0.0.9'] } } } },
    then: {
      '[3].content.leaves[0].dnsNames[12]': 'etcd.corp',
      '[3].content.leaves[0].dnsNames[13]': '*.etcd.corp',
      '[3].content.leaves[0].ipAddresses[1]': '10.0.0.9',
    },
  },
  {
    of: 'another life on each side',
    fields: {
      tls: {
        client: { operator: { duration: '48h', renewBefore: '12h' } },
        peer: { operator: { duration: '240h' } },
      },
    },
    then: {
      ...ofSide('client', 'validityMs', 2 * day),
      ...ofSide('client', 'renewBeforeMs', day / 2),
      ...ofSide('peer', 'validityMs', 10 * day),
      ...ofSide('peer', 'renewBeforeMs', (10 * day) / 3),
    },
  },
];

describe('certificates that a cluster has', () => {
  it('of the default spec of size 3, whole, authorities first', () => expect(wishes()).to.deep.equal(whole));

  for (const { of, fields, then } of rows) {
    it(of, () => expect(differences(whole, wishes(fields))).to.deep.equal(then));
  }

  it('none without TLS', () =>
    expect(wishes({ tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } } })).to.deep.equal([]));

  it('those of the client port alone, without TLS among peers', () =>
    expect(wishes({ tls: { peer: { source: 'Disabled' } } })).to.deep.equal([
      authority('client'),
      whole[3],
      whole[4],
      leaves('orders-operator-tls', leaf('client', 'quorate-operator')),
    ]));

  it('those among peers alone, without TLS on the client port', () =>
    expect(wishes({ tls: { client: { source: 'Disabled' } } })).to.deep.equal([
      authority('peer'),
      whole[2],
      leaves(
        'orders-operator-tls',
        leaf('peer', 'quorate-operator', { files: { certificate: 'peer.crt', key: 'peer.key', ca: 'peer-ca.crt' } }),
      ),
    ]));

  it('with names that fit into a certificate, of the longest cluster in the longest namespace', () => {
    const longest = { name: 'a'.repeat(52), namespace: 'b'.repeat(63) };
    const said = certificateSecrets(longest, spec()).flatMap(({ content }) =>
      content.kind === 'authority'
        ? [content.commonName]
        : content.leaves.flatMap(({ commonName, organization }) => [commonName, organization]),
    );
    expect(said.filter((name) => name.length > 64 || name.length === 0)).to.deep.equal([]);
  });
});
