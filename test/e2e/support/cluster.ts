/** EtcdClusters as a user would write them, and what one waits for. */
import type { EtcdCluster, EtcdClusterSpec } from '../../../api/index.js';
import { apiVersion } from '../../../api/names.js';
import { getObject, kubectl, type Place } from '../../support/place.js';
import { eventually } from '../../support/poll.js';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'EtcdCluster';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: EtcdClusterSpec;
}

/** Begins a manifest: size 1, the defaults of the API for all else but the volume, which is small. Each step gives a new builder. */
export function cluster(name: string, namespace = 'default'): ClusterBuilder {
  return new ClusterBuilder(name, namespace, { size: 1, storage: { size: '1Gi' }, options: { backendQuota: '512Mi' } });
}

export class ClusterBuilder {
  constructor(
    readonly name: string,
    readonly namespace: string,
    private readonly spec: EtcdClusterSpec,
  ) {}

  size(size: number): ClusterBuilder {
    return this.with({ size });
  }

  version(version: string): ClusterBuilder {
    return this.with({ version });
  }

  tls(source: 'Operator' | 'Disabled'): ClusterBuilder {
    return this.with({ tls: { client: { source }, peer: { source } } });
  }

  retention(whenStopped: 'RetainAll' | 'RetainOne'): ClusterBuilder {
    return this.with({ storage: { ...this.spec.storage, retentionPolicy: { whenStopped } } });
  }

  /** Any other field. */
  with(fields: Partial<EtcdClusterSpec>): ClusterBuilder {
    return new ClusterBuilder(this.name, this.namespace, { ...this.spec, ...fields });
  }

  build(): Manifest {
    const { name, namespace, spec } = this;
    return { apiVersion, kind: 'EtcdCluster', metadata: { name, namespace }, spec };
  }
}

/** Applies objects as `kubectl apply` does, and gives what it printed. */
export function apply(place: Place, ...objects: readonly object[]): Promise<string> {
  return kubectl(place, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

interface At {
  readonly name: string;
  readonly namespace: string;
}

/** Edits the size as a user would. */
export function setSize(place: Place, { name, namespace }: At, size: number): Promise<string> {
  const patch = JSON.stringify({ spec: { size } });
  return kubectl(place, ['patch', 'etcdcluster', name, '-n', namespace, '--type=merge', '-p', patch]);
}

/** Whether the cluster says so of its newest spec. */
export function says(found: EtcdCluster, type: string, status: string, reason?: string): boolean {
  const condition = found.status?.conditions?.find((each) => each.type === type);
  if (condition === undefined || condition.observedGeneration !== found.metadata.generation) return false;
  return condition.status === status && (reason === undefined || condition.reason === reason);
}

/** Waits until the cluster is as asked; fails with the status last seen. */
export function waitFor(
  place: Place,
  { name, namespace }: At,
  what: string,
  until: { readonly isSo: (found: EtcdCluster) => boolean; readonly deadlineMs: number },
): Promise<EtcdCluster> {
  return eventually(`${namespace}/${name}: ${what}`, until.deadlineMs, async () => {
    const found = await getObject<EtcdCluster>(place, 'etcdcluster', namespace, name);
    return found !== undefined && until.isSo(found)
      ? { done: true, value: found }
      : { done: false, seen: found?.status };
  });
}

/** Waits until the newest spec is reached: Ready, or Ready because stopped at size 0. */
export function settled(place: Place, at: At, deadlineMs = 120_000): Promise<EtcdCluster> {
  return waitFor(place, at, 'the spec is reached', { isSo: (found) => says(found, 'Ready', 'True'), deadlineMs });
}
