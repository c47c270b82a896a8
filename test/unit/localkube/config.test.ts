import { expect } from 'chai';
import * as plane from '../../localkube/control-plane-config.js';
import { renderKubeconfig } from '../../localkube/kubeconfig.js';
import { networkPlan } from '../../localkube/network-plan.js';
import * as config from '../../localkube/node-config.js';

const plan = networkPlan('t', 1, 2);
const [node] = plan.nodes;
if (node === undefined) throw new Error('a plan for two nodes has a first');
const at = { data: '/d/node1', state: '/s/node1', pki: '/s/pki', kubeconfigs: '/s/kubeconfigs' };
const places: plane.Places = {
  pki: '/s/pki',
  kubeconfigs: '/s/kubeconfigs',
  etcdData: '/d/etcd',
  auditLog: '/d/audit.log',
  auditPolicy: '/s/policy.json',
  corefile: '/s/Corefile',
  flexVolumes: '/s/flex',
};

describe('localkube settings', () => {
  it('logs writes of the product whole, all that the operator asks, other writes, and nothing else', () => {
    const policy = JSON.parse(plane.auditPolicy()) as { readonly rules: readonly Record<string, unknown>[] };
    const verbs = ['create', 'update', 'patch', 'delete', 'deletecollection'];
    const { rules } = policy;
    expect(rules[0]).to.deep.equal({ level: 'RequestResponse', verbs, resources: [{ group: 'quorate.dev' }] });
    const users = ['system:serviceaccount:quorate-system:quorate-controller'];
    expect(rules[1]).to.deep.equal({ level: 'Metadata', users });
    expect(rules[2]?.['level']).to.equal('None');
    expect(rules.slice(3)).to.deep.equal([{ level: 'Metadata', verbs }, { level: 'None' }]);
  });

  it('lets the API server call webhooks at pod addresses, and kubelets by address', () => {
    const flags = plane.apiServerArguments(plan, places);
    expect(flags).to.include.members([
      '--enable-aggregator-routing=true',
      '--kubelet-preferred-address-types=InternalIP',
      '--authorization-mode=Node,RBAC',
      '--advertise-address=10.65.0.1',
      '--service-cluster-ip-range=10.65.64.0/20',
      '--audit-log-path=/d/audit.log',
    ]);
  });

  it('serves names and their reverse with a TTL of a second', () => {
    expect(plane.corefile(places)).to.equal(`.:53 {
  errors
  ready 127.0.0.1:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig /s/kubeconfigs/coredns
    pods insecure
    ttl 1
  }
}
`);
  });

  it('gives containerd its own folders and leaves oom_score_adj alone', () => {
    const toml = config.containerdConfig({ root: '/r', state: '/t', socket: '/k.sock', cniConfig: '/c' });
    for (const line of ['root = "/r"', 'state = "/t"', '  address = "/k.sock"', '  restrict_oom_score_adj = true']) {
      expect(toml.split('\n')).to.include(line);
    }
  });

  it('gives the kubelet a control group of the instance and lets version 1 pass', () => {
    const kubelet = JSON.parse(config.kubeletConfig('t', plan, node, at)) as Record<string, unknown>;
    expect(kubelet).to.include({
      cgroupRoot: '/lk-t/node1',
      cgroupDriver: 'cgroupfs',
      failCgroupV1: false,
      syncFrequency: '10s',
      containerRuntimeEndpoint: 'unix:///s/node1/containerd.sock',
      resolvConf: '/s/node1/resolv.conf',
      podLogsDir: '/d/node1/pods',
    });
    expect(kubelet['clusterDNS']).to.deep.equal(['10.65.0.1']);
    expect(config.kubeletArguments(node, at)).to.include.members([
      '--node-ip=10.65.0.11',
      '--node-labels=topology.kubernetes.io/zone=zone-a,topology.kubernetes.io/region=local',
    ]);
  });

  it('leaves the machine’s conntrack limits alone', () => {
    const proxy = JSON.parse(config.kubeProxyConfig(plan, node, at)) as Record<string, unknown>;
    expect(proxy['conntrack']).to.deep.equal({
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: '0s',
      tcpCloseWaitTimeout: '0s',
    });
  });

  it('keeps every pod of a node in the node’s own range', () => {
    const cni = JSON.parse(config.cniConfig(node, at)) as { readonly plugins: readonly { readonly ipam: unknown }[] };
    expect(cni.plugins.map((plugin) => plugin.ipam)).to.deep.equal([
      {
        type: 'host-local',
        ranges: [[{ subnet: '10.65.129.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: '/s/node1/cni/addresses',
      },
    ]);
  });

  it('writes a kubeconfig that needs no other file', () => {
    const text = renderKubeconfig({
      server: 'https://a:1',
      ca: 'C',
      certificate: 'X',
      key: 'K',
      user: 'admin',
      context: 'c',
    });
    expect(JSON.parse(text)).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://a:1', 'certificate-authority-data': 'Qw==' } }],
      users: [{ name: 'admin', user: { 'client-certificate-data': 'WA==', 'client-key-data': 'Sw==' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'admin' } }],
      'current-context': 'c',
    });
  });
});
