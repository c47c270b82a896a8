// What a node's daemons are told: containerd, CNI, kubelet and kube-proxy. Pure, so that tests can read it.
import { join } from 'node:path';
import { nodeGroup } from './cgroups.js';
import type { NetworkPlan, NodePlan } from './network-plan.js';

export const pauseImage = 'localkube.quorate.dev/pause:1';

export interface NodePlaces {
  /** On a real disk: image layers, pod folders, logs. */
  readonly data: string;
  /** Small files; the socket's path must stay under 108 bytes. */
  readonly state: string;
  readonly pki: string;
  readonly kubeconfigs: string;
}

export const containerdRoot = (places: NodePlaces): string => join(places.data, 'containerd');
export const socket = (places: NodePlaces): string => join(places.state, 'containerd.sock');
export const kubeletRoot = (places: NodePlaces): string => join(places.data, 'kubelet');

export interface ContainerdPlaces {
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly cniConfig: string;
}

export function containerdConfig(at: ContainerdPlaces): string {
  return `version = 2
root = "${at.root}"
state = "${at.state}"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "${at.socket}"
[ttrpc]
  address = ""
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # A machine that may not lower oom_score_adj kills every sandbox without this: "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  # Pods' network namespaces stay in this node's folder, and go with its mounts, instead of piling up in /run/netns.
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${at.cniConfig}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** A cable for each pod to its node, without a bridge between: pods of one node meet by routing, as those of two do. */
export function cniConfig(node: NodePlan, places: NodePlaces): string {
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'localkube',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        mtu: 1500,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: node.podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: join(places.state, 'cni', 'addresses'),
        },
      },
    ],
  });
}

export function kubeletConfig(name: string, plan: NetworkPlan, node: NodePlan, places: NodePlaces): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(places.pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(places.pki, `${node.name}.crt`),
    tlsPrivateKeyFile: join(places.pki, `${node.name}.key`),
    containerRuntimeEndpoint: `unix://${socket(places)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: nodeGroup(name, node.name),
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [plan.controlPlane],
    clusterDomain: 'cluster.local',
    resolvConf: join(places.state, 'resolv.conf'),
    volumePluginDir: join(places.state, 'flex-volumes'),
    podLogsDir: join(places.data, 'pods'),
    // How long a changed ConfigMap takes to reach a mounted folder; the default of a minute would be most of a test's time.
    syncFrequency: '10s',
    oomScoreAdj: 0,
    // The machine's disk and memory are everybody's: one that fills up must not make the kubelets throw out each other's pods.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: '24h',
    shutdownGracePeriod: '0s',
    registerNode: true,
    serializeImagePulls: false,
    logging: { verbosity: 2 },
  });
}

export function kubeletArguments(node: NodePlan, places: NodePlaces): readonly string[] {
  return [
    `--config=${join(places.state, 'kubelet.json')}`,
    `--kubeconfig=${join(places.kubeconfigs, node.name)}`,
    `--root-dir=${kubeletRoot(places)}`,
    `--cert-dir=${join(kubeletRoot(places), 'pki')}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--node-labels=topology.kubernetes.io/zone=${node.zone},topology.kubernetes.io/region=local`,
  ];
}

export function kubeProxyConfig(plan: NetworkPlan, node: NodePlan, places: NodePlaces): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: join(places.kubeconfigs, 'kube-proxy') },
    clusterCIDR: plan.pods,
    hostnameOverride: node.name,
    mode: 'iptables',
    oomScoreAdj: 0,
    // 0 leaves the machine's conntrack limits alone, which are not of one namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    metricsBindAddress: '127.0.0.1:10249',
  });
}
