import { absent, ApiFailure, type Api } from '../api.js';
import type { Pod } from './types.js';

export const zones = ['zone-a', 'zone-b', 'zone-c'] as const;
export const nameOfNode = (index: number): string => `runner${index + 1}`;

/**
 * Node objects without machines, one a zone, kept alive by their leases so that nothing is evicted from them. Pods are bound to them by
 * ordinal, so the same pod comes back to the same node; for that they are cordoned, which keeps the scheduler away and nothing else.
 */
export class Nodes {
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly api: Api,
    private readonly hostIP: string,
  ) {}

  async start(): Promise<void> {
    await Promise.all(zones.map((_, index) => this.register(index)));
    this.heartbeat = setInterval(
      () => void Promise.all(zones.map((_, index) => this.renew(index))).catch(() => undefined),
      10_000,
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    await Promise.all(zones.map((_, index) => absent(() => this.api.delete(`/api/v1/nodes/${nameOfNode(index)}`))));
  }

  /** The pod's node: by its ordinal, unless somebody bound it elsewhere. */
  nodeOf(pod: Pod): string {
    const ordinal = Number(/(\d+)$/.exec(pod.metadata.name)?.[1] ?? 0);
    return pod.spec.nodeName ?? nameOfNode(ordinal % zones.length);
  }

  /** Binds the pod to its node, unless it is bound, or gone. */
  async bind(pod: Pod): Promise<void> {
    if (pod.spec.nodeName) return;
    const { name, namespace, uid } = pod.metadata;
    await absent(() =>
      this.api.post(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: this.nodeOf(pod) },
      }),
    );
  }

  private async register(index: number): Promise<void> {
    const name = nameOfNode(index);
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'topology.kubernetes.io/zone': zones[index],
    };
    const providerID = `quorate-pod-runner://${name}`;
    await absent(() =>
      this.api.post('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
        spec: { providerID, unschedulable: true },
      }),
    );
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const healthy = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False' }));
    const conditions = [...healthy, { type: 'Ready', status: 'True' }].map((condition) => ({
      ...condition,
      reason: 'PodRunner',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    }));
    const resources = { cpu: '64', memory: '256Gi', pods: '1000', 'ephemeral-storage': '1Ti' };
    const status = {
      conditions,
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: this.hostIP },
        { type: 'Hostname', address: name },
      ],
    };
    await this.api.patch(`/api/v1/nodes/${name}/status`, { status });
    await this.renew(index);
  }

  private async renew(index: number): Promise<void> {
    const name = nameOfNode(index);
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const folder = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    try {
      await this.api.patch(`${folder}/${name}`, { spec });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
      await absent(() => this.api.post(folder, lease));
    }
  }
}
