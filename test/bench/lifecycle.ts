/**
 * Members' lives against a plain StatefulSet of the same pods: same image, files, TLS and probes, made by the same builders, Parallel
 * and static, without an operator. Both sides end at a put and a linearizable get through every member.
 */
import { etcdVersions, up, type Cluster } from '../localkube/index.js';
import { getObject, kubectl } from '../support/place.js';
import { eventually, pause } from '../support/poll.js';
import { startWriter } from '../support/writer.js';
import { ensureImage } from '../../tools/image/build.js';
import { installOperator } from '../e2e/support/install.js';
import { everyMember } from './lifecycle-members.js';
import { plain, type Shape } from './lifecycle-plain.js';
import { report, type Times } from './lifecycle-report.js';
import { controllerRSS } from './lifecycle-rss.js';

const rounds = 5;
const minute = 60_000;
const newest = (group: string): string => etcdVersions.find((each) => each.group === group)?.version ?? '';
const shape = (version: string): Shape => ({ version, storage: { size: '1Gi' }, options: { backendQuota: '512Mi' } });

/** Several learners at once exist from 3.6 on; before, each waits for the one before it. */
const [several, oneByOne] = [newest('etcd-3.6'), newest('etcd-3.5')];

export async function run(): Promise<string> {
  const log = (line: string): void => console.error(line);
  const [{ archive }, place] = await Promise.all([
    ensureImage(log),
    up({ name: 'bench', nodes: 3, certManager: true, fresh: true, log }),
  ]);
  try {
    await installOperator(place, { archive });
    const times: Times = {};
    for (let round = 1; round <= rounds; round++) {
      await baseline(place, `plain-${round}`, times);
      await ours(place, `ours-${round}`, times);
      await growing35(place, `older-${round}`, times);
      log(`round ${round} of ${rounds}: ${JSON.stringify(times)}`);
    }
    times['controller RSS with 10 clusters'] = await controllerRSS(place, 10, rounds);
    return report(times, { several, oneByOne });
  } finally {
    await place.down();
  }
}

const note = (times: Times, what: string, value: number): void => void (times[what] ??= []).push(value);

async function timed(times: Times, what: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await work();
  note(times, what, (performance.now() - began) / 1000);
}

const create = (place: Cluster, namespace: string): Promise<string> =>
  kubectl(place, ['create', 'namespace', namespace]);

/** Awaited, so that nothing of one measurement runs beside the next. */
const remove = (place: Cluster, namespace: string): Promise<string> =>
  kubectl(place, ['delete', 'namespace', namespace, '--timeout=120s']);

async function applyPlain(place: Cluster, at: { namespace: string; name: string }, size: number, version: string) {
  const items = await plain(at.namespace, at.name, size, shape(version));
  await kubectl(place, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await everyMember(place, { ...at, size });
}

async function baseline(place: Cluster, namespace: string, times: Times): Promise<void> {
  await create(place, namespace);
  await timed(times, 'plain 1', () => applyPlain(place, { namespace, name: 'one' }, 1, several));
  await timed(times, 'plain 1, another after it', () => applyPlain(place, { namespace, name: 'two' }, 1, several));
  await timed(times, 'plain 3', () => applyPlain(place, { namespace, name: 'three' }, 3, several));
  await remove(place, namespace);
}

interface Subject {
  readonly place: Cluster;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

async function apply({ place, namespace, name, version }: Subject, size: number): Promise<void> {
  const metadata = { name, namespace };
  const spec = { ...shape(version), size };
  await kubectl(
    place,
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'quorate.dev/v1alpha1', kind: 'EtcdCluster', metadata, spec }),
  );
}

async function served(subject: Subject, size: number): Promise<void> {
  await apply(subject, size);
  await everyMember(subject.place, { ...subject, size });
}

async function ours(place: Cluster, namespace: string, times: Times): Promise<void> {
  await create(place, namespace);
  const trio = { place, namespace, name: 'trio', version: several };
  await timed(times, 'create 3', () => served(trio, 3));
  await kubectl(place, ['delete', 'etcdcluster', 'trio', '-n', namespace]);
  const orders = { place, namespace, name: 'orders', version: several };
  await timed(times, 'create 1', () => served(orders, 1));
  await ready(orders, 1);
  await timed(times, '1→3', () => served(orders, 3));
  await shrunk(orders, times, '3→1');
  const writer = await startWriter({ cluster: place, namespace, name: 'orders' });
  // More entries than etcd keeps for whoever joins: from now on a joiner begins with a snapshot.
  await pause(4_000);
  writer.mark('1→3→1');
  await timed(times, '1→3 under a writer', () => served(orders, 3));
  await shrunk(orders, times, '3→1 under a writer');
  await writer.stop();
  note(times, 'longest write gap', (await writer.report({ from: '1→3→1' })).longestGapMs / 1000);
  await apply(orders, 0);
  await ready(orders, 0);
  await timed(times, 'wake 1', () => served(orders, 1));
  await remove(place, namespace);
}

async function shrunk(subject: Subject, times: Times, what: string): Promise<void> {
  await ready(subject, 3);
  // etcd lets nobody go until all voters have been connected for five seconds.
  await pause(6_000);
  await timed(times, what, () => served(subject, 1));
  await ready(subject, 1);
}

async function growing35(place: Cluster, namespace: string, times: Times): Promise<void> {
  await create(place, namespace);
  await applyPlain(place, { namespace, name: 'warm' }, 1, oneByOne);
  await timed(times, 'plain 1 on 3.5', () => applyPlain(place, { namespace, name: 'one' }, 1, oneByOne));
  await timed(times, 'plain 1 on 3.5, another after it', () =>
    applyPlain(place, { namespace, name: 'two' }, 1, oneByOne),
  );
  const older = { place, namespace, name: 'older', version: oneByOne };
  await served(older, 1);
  await ready(older, 1);
  await timed(times, '1→3 on 3.5', () => served(older, 3));
  await remove(place, namespace);
}

interface Status {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly replicas?: number;
    readonly conditions?: readonly { type: string; status: string; observedGeneration?: number }[];
  };
}

function ready({ place, namespace, name }: Subject, size: number): Promise<void> {
  return eventually(
    'ready',
    2 * minute,
    async () => {
      const found = await getObject<Status>(place, 'etcdcluster', namespace, name);
      const condition = found?.status?.conditions?.find(({ type }) => type === 'Ready');
      const isCurrent = condition?.observedGeneration === found?.metadata.generation;
      const isSo = condition?.status === 'True' && isCurrent && found?.status?.replicas === size;
      return isSo ? { done: true as const, value: undefined } : { done: false as const, seen: found?.status };
    },
    50,
  );
}
