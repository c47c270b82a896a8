/**
 * One Kubernetes of three nodes in three zones with the operator in it, shared by every e2e test of a run and taken down after the
 * last; with what those tests ask of a cluster.
 */
import { expect } from 'chai';
import type { EtcdCluster } from '../../../api/index.js';
import { down, up, type Cluster } from '../../localkube/index.js';
import { wholeLog } from '../../support/controller-log.js';
import { invariants } from '../../support/invariants.js';
import { getObject, kubectl, listObjects } from '../../support/place.js';
import { eventually, type Seen } from '../../support/poll.js';
import { ensureImage } from '../../../tools/image/build.js';
import { collect } from './collect.js';
import { installOperator } from './install.js';

const name = 'e2e';
const minute = 60_000;
let shared: Promise<Cluster> | undefined;

/** The shared cluster, made at the first call. Call it in a `before` with this suite's time limit. */
export function operatorCluster(): Promise<Cluster> {
  shared ??= make();
  return shared;
}

export const setUpMs = 15 * minute;

async function make(): Promise<Cluster> {
  const log = (line: string): void => console.log(`      ${line}`);
  const image = ensureImage(log);
  const [{ archive }, cluster] = await Promise.all([
    image,
    up({ name, nodes: 3, certManager: true, fresh: true, log }),
  ]);
  await installOrCollect(cluster, archive);
  return cluster;
}

/** No test has failed yet when this does, so that no afterEach would collect anything. */
async function installOrCollect(cluster: Cluster, archive: string): Promise<void> {
  try {
    await installOperator(cluster, { archive });
  } catch (error) {
    const where = await collect(cluster, 'installing the operator', ['quorate-system'], [cluster.logs]);
    console.log(`      what was there is in ${where}`);
    throw error;
  }
}

after('the effect log of all these tests keeps the safety invariants (DESIGN.md §6)', async function () {
  this.timeout(3 * minute);
  if (shared === undefined) return;
  const cluster = await shared.catch(() => undefined);
  if (cluster === undefined) return down(name);
  const broken = await brokenInvariants(cluster);
  // Kept for a look where someone asks for it: `npm run localkube -- kubectl --name e2e …`.
  if (process.env['QUORATE_KEEP'] === undefined) await cluster.down();
  expect(broken).to.deep.equal([]);
});

/** A log that cannot be judged is as bad as one that is judged badly: either is said only once the cluster is down. */
async function brokenInvariants(cluster: Cluster): Promise<string[]> {
  const broken = await wholeLog(cluster).then(invariants, (error: unknown) => [String(error)]);
  if (broken.length === 0) return [];
  const where = await collect(cluster, 'safety invariants', ['quorate-system']);
  console.log(`      the effect log is in ${where}`);
  return broken;
}

/** What a failed test leaves to be understood by. */
export function collectOnFailure(namespaces: () => readonly string[]): void {
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed' || shared === undefined) return;
    this.timeout(minute);
    const where = await collect(await shared, this.currentTest.fullTitle(), ['quorate-system', ...namespaces()]);
    console.log(`      what was there is in ${where}`);
  });
}

/** An etcd cluster under test. */
export class Subject {
  constructor(
    readonly place: Cluster,
    readonly namespace: string,
    readonly name = 'orders',
  ) {}

  /** A namespace of its own, under Pod Security "restricted". */
  async begin(): Promise<void> {
    await kubectl(this.place, ['create', 'namespace', this.namespace]);
    const level = 'pod-security.kubernetes.io/enforce=restricted';
    await kubectl(this.place, ['label', 'namespace', this.namespace, level]);
  }

  async end(): Promise<void> {
    await kubectl(this.place, ['delete', 'namespace', this.namespace, '--wait=false', '--ignore-not-found']);
  }

  /** Applies a spec; small volumes and quota unless it says otherwise. */
  async apply(spec: Record<string, unknown>): Promise<void> {
    const { storage = {}, ...rest } = spec;
    const object = {
      apiVersion: 'quorate.dev/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: this.name, namespace: this.namespace },
      spec: { storage: { size: '1Gi', ...(storage as object) }, options: { backendQuota: '512Mi' }, ...rest },
    };
    await kubectl(this.place, ['apply', '-f', '-'], JSON.stringify(object));
  }

  async resize(size: number): Promise<void> {
    await this.patch({ spec: { size } });
  }

  async patch(patch: object): Promise<void> {
    await kubectl(this.place, [
      'patch',
      'etcdcluster',
      this.name,
      '-n',
      this.namespace,
      '--type=merge',
      '-p',
      JSON.stringify(patch),
    ]);
  }

  get(): Promise<EtcdCluster | undefined> {
    return getObject<EtcdCluster>(this.place, 'etcdcluster', this.namespace, this.name);
  }

  /** Waits until the controller says of the newest spec that it is reached. */
  settled(deadlineMs = 2 * minute): Promise<EtcdCluster> {
    return this.until('the spec is reached', deadlineMs, (cluster) => {
      const ready = cluster.status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && ready.observedGeneration === cluster.metadata.generation;
    });
  }

  until(what: string, deadlineMs: number, isSo: (cluster: EtcdCluster) => boolean): Promise<EtcdCluster> {
    return eventually(`${this.namespace}/${this.name}: ${what}`, deadlineMs, async (): Promise<Seen<EtcdCluster>> => {
      const cluster = await this.get();
      return cluster && isSo(cluster) ? { done: true, value: cluster } : { done: false, seen: cluster?.status };
    });
  }

  /** Waits for a condition with this status and reason. */
  says(type: string, status: string, reason: string, deadlineMs = minute): Promise<EtcdCluster> {
    return this.until(
      `${type}=${status}/${reason}`,
      deadlineMs,
      (cluster) =>
        cluster.status?.conditions?.some(
          (each) => each.type === type && each.status === status && each.reason === reason,
        ) === true,
    );
  }

  async count(resource: string): Promise<number> {
    return (await listObjects(this.place, resource, this.namespace, `quorate.dev/cluster=${this.name}`)).length;
  }

  pods<T = Pod>(): Promise<T[]> {
    return listObjects<T>(this.place, 'pods', this.namespace, `quorate.dev/cluster=${this.name}`);
  }

  async events(): Promise<readonly string[]> {
    const all = await listObjects<{ reason: string; regarding?: { name: string }; involvedObject?: { name: string } }>(
      this.place,
      'events',
      this.namespace,
    );
    return all
      .filter((event) => (event.regarding ?? event.involvedObject)?.name === this.name)
      .map(({ reason }) => reason);
  }

  /** The folder of a member's volume on this machine. */
  async disk(ordinal: number): Promise<string> {
    const name = `data-${this.name}-${ordinal}`;
    const claim = await getObject<{ spec: { volumeName?: string } }>(this.place, 'pvc', this.namespace, name);
    const volume = claim?.spec.volumeName ?? '';
    return kubectl(this.place, ['get', 'pv', volume, '-o', 'jsonpath={.spec.local.path}']);
  }
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly lastState?: unknown;
      readonly state?: unknown;
    }[];
  };
}
