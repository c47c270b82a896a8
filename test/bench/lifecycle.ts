/**
 * Members' lives against a plain StatefulSet of the same pods: same image, files, TLS and probes, made by the same builders, Parallel
 * and static, without an operator. Both sides end at a put and a linearizable get through every member.
 */
import { acceptedSpec, type AcceptedSpec } from '../../api/index.js';
import { memberHost, names, ports } from '../../api/names.js';
import { createAuthority, issueLeaf } from '../../certs/index.js';
import { environment } from '../../cmd/environment.js';
import { certificateSecrets, type AuthorityName } from '../../controller/certificates-view.js';
import { memberFile, peerOf } from '../../controller/objects/members.js';
import { peerService } from '../../controller/objects/services.js';
import { statefulSet } from '../../controller/objects/stateful-set.js';
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { up, type Cluster } from '../localkube/index.js';
import { getObject, kubectl, listObjects } from '../support/place.js';
import { eventually, pause } from '../support/poll.js';
import { startWriter } from '../support/writer.js';
import { ensureImage } from '../../tools/image/build.js';
import { installOperator } from '../e2e/support/install.js';

const rounds = 5;
const minute = 60_000;
const storage = { size: '1Gi' };
const options = { backendQuota: '512Mi' };

type Times = Record<string, number[]>;

export async function run(): Promise<string> {
  const log = (line: string): void => console.error(line);
  const [{ archive }, place] = await Promise.all([
    ensureImage(log),
    up({ name: 'bench', nodes: 3, certManager: true, log }),
  ]);
  try {
    await installOperator(place, { archive });
    const times: Times = {};
    for (let round = 1; round <= rounds; round++) {
      await baseline(place, `plain-${round}`, times);
      await ours(place, `ours-${round}`, times);
      log(`round ${round} of ${rounds}: ${JSON.stringify(times)}`);
    }
    return report(times);
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

async function baseline(place: Cluster, namespace: string, times: Times): Promise<void> {
  await kubectl(place, ['create', 'namespace', namespace]);
  const apply = async (name: string, size: number): Promise<void> => {
    const objects = await plain(namespace, name, size);
    await kubectl(place, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await everyMember(place, { namespace, name, size });
  };
  await timed(times, 'plain 1', () => apply('one', 1));
  await timed(times, 'plain 1, another after it', () => apply('two', 1));
  await timed(times, 'plain 3', () => apply('three', 3));
  await kubectl(place, ['delete', 'namespace', namespace, '--wait=false']);
}

async function ours(place: Cluster, namespace: string, times: Times): Promise<void> {
  await kubectl(place, ['create', 'namespace', namespace]);
  const at = (size: number, name = 'orders'): string =>
    JSON.stringify({
      apiVersion: 'quorate.dev/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name, namespace },
      spec: { size, storage, options },
    });
  const to = async (size: number, name = 'orders'): Promise<void> => {
    await kubectl(place, ['apply', '-f', '-'], at(size, name));
    await everyMember(place, { namespace, name, size });
  };
  await timed(times, 'create 3', () => to(3, 'trio'));
  await kubectl(place, ['delete', 'etcdcluster', 'trio', '-n', namespace]);
  await timed(times, 'create 1', () => to(1));
  const writer = await startWriter({ cluster: place, namespace, name: 'orders' });
  await pause(1_000);
  writer.mark('1→3→1');
  await timed(times, '1→3', () => to(3));
  // etcd lets nobody go until all voters have been connected for five seconds.
  await pause(6_000);
  await timed(times, '3→1', async () => {
    await kubectl(place, ['apply', '-f', '-'], at(1));
    await ready(place, namespace, 1);
  });
  await writer.stop();
  note(times, 'longest write gap', (await writer.report({ from: '1→3→1' })).longestGapMs / 1000);
  await kubectl(place, ['apply', '-f', '-'], at(0));
  await ready(place, namespace, 0);
  await timed(times, 'wake 1', () => to(1));
  await kubectl(place, ['delete', 'namespace', namespace, '--wait=false']);
}

interface Status {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly replicas?: number;
    readonly conditions?: readonly { type: string; status: string; observedGeneration?: number }[];
  };
}

function ready(place: Cluster, namespace: string, size: number): Promise<void> {
  return eventually(
    'ready',
    2 * minute,
    async () => {
      const found = await getObject<Status>(place, 'etcdcluster', namespace, 'orders');
      const condition = found?.status?.conditions?.find(({ type }) => type === 'Ready');
      const isCurrent = condition?.observedGeneration === found?.metadata.generation;
      const isSo = condition?.status === 'True' && isCurrent && found?.status?.replicas === size;
      return isSo ? { done: true as const, value: undefined } : { done: false as const, seen: found?.status };
    },
    50,
  );
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly size: number;
}

/** A put and a linearizable get through each member, as soon as it can. */
async function everyMember(place: Cluster, target: Target): Promise<void> {
  const clients = new Map<string, Etcd3>();
  try {
    await eventually(
      'a put through every member',
      3 * minute,
      async () => {
        const pods = await listObjects<{ metadata: { name: string }; status: { podIP?: string } }>(
          place,
          'pods',
          target.namespace,
          `quorate.dev/cluster=${target.name}`,
        );
        const addressed = pods.filter(({ status }) => status.podIP !== undefined);
        if (addressed.length !== target.size) return { done: false, seen: `${addressed.length} pods with an address` };
        for (const { metadata, status } of addressed) {
          const key = `${metadata.name} ${status.podIP}`;
          if (!clients.has(key)) clients.set(key, await client(place, target, metadata.name, status.podIP ?? ''));
          const etcd = clients.get(key);
          await etcd?.put(`bench/${metadata.name}`).value('1');
          await etcd?.get(`bench/${metadata.name}`).string();
        }
        return { done: true, value: undefined };
      },
      50,
    );
  } finally {
    for (const etcd of clients.values()) etcd.close();
  }
}

async function client(place: Cluster, { namespace, name }: Target, pod: string, ip: string): Promise<Etcd3> {
  const secret = await getObject<{ data: Record<string, string> }>(
    place,
    'secret',
    namespace,
    names.clientCertificate(name),
  );
  const pem = (key: string): Buffer => Buffer.from(secret?.data[key] ?? '', 'base64');
  return new Etcd3({
    hosts: `https://${ip}:${ports.client}`,
    credentials: { rootCertificate: pem('ca.crt'), certChain: pem('tls.crt'), privateKey: pem('tls.key') },
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + 500 }),
    grpcOptions: {
      'grpc.ssl_target_name_override': memberHost(
        { name, namespace, domain: 'cluster.local' },
        Number(pod.slice(name.length + 1)),
      ),
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 100,
    },
  });
}

/** The same objects as the operator's, made at once and left alone. */
async function plain(namespace: string, name: string, size: number): Promise<object[]> {
  const spec: AcceptedSpec = acceptedSpec({ size, storage, options, probes: { strategy: 'Readyz' } });
  const owner = { name, namespace, uid: '' };
  const desired = { owner, spec };
  const identity = { incarnation: '00000000' };
  const ordinals = Array.from({ length: size }, (_, ordinal) => ordinal);
  const initialCluster = ordinals.map((ordinal) => peerOf(desired, ordinal));
  const files = ordinals.map((ordinal) =>
    memberFile(desired, identity, { ordinal, birth: 1, state: 'joining', bornAt: 0 }, { kind: 'new', initialCluster }),
  );
  const meta = { name: names.members(name), namespace };
  const data = Object.fromEntries(files.map(({ pod, text }) => [`${pod}.yaml`, text]));
  const objects = [
    ...(await secrets(namespace, name, spec)),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data },
    peerService(owner),
    statefulSet({ ...desired, incarnation: identity.incarnation, replicas: size }),
  ];
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [] } }));
}

async function secrets(namespace: string, name: string, spec: AcceptedSpec): Promise<{ metadata: object }[]> {
  const validityMs = 24 * 60 * minute;
  const authorities = {
    peer: await createAuthority({ commonName: 'peer', validityMs }, environment),
    client: await createAuthority({ commonName: 'client', validityMs }, environment),
  } satisfies Record<AuthorityName, unknown>;
  const wanted = certificateSecrets({ namespace, name }, spec).filter(({ content }) => content.kind === 'leaves');
  return Promise.all(
    wanted.map(async ({ name: secret, type, content }) => {
      const stringData: Record<string, string> = {};
      for (const leaf of content.kind === 'leaves' ? content.leaves : []) {
        const authority = authorities[leaf.authority];
        const { certificate, key } = await issueLeaf({ ...leaf, authority, validityMs }, environment);
        Object.assign(stringData, {
          [leaf.files.certificate]: certificate,
          [leaf.files.key]: key,
          [leaf.files.ca]: authority.certificate,
        });
      }
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, type, stringData };
    }),
  );
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function report(times: Times): string {
  const of = (what: string): readonly number[] => times[what] ?? [];
  const row = (what: string, bar: string, ratio?: string): string => {
    const values = of(what);
    const cells = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
    return `| ${what} | ${cells.join(' | ')} | ${ratio ?? ''} | ${bar} |`;
  };
  const against = (what: string, base: number): string => (median(of(what)) / base).toFixed(2);
  const [one, another, three] = ['plain 1', 'plain 1, another after it', 'plain 3'].map((what) => median(of(what)));
  const pair = (one ?? 0) + (another ?? 0);
  return [
    '### Lifecycle, etcd of the default version, three nodes, TLS\n',
    '| | median s | min | max | of baseline | bar |',
    '|---|---|---|---|---|---|',
    row('plain 1', 'baseline'),
    row('plain 1, another after it', 'baseline'),
    row('plain 3', 'baseline'),
    row('create 1', '≤ 1.3', against('create 1', one ?? 0)),
    row('create 3', '≤ 1.3', against('create 3', three ?? 0)),
    row('1→3', '≤ 1.5 × two pods one after the other', against('1→3', pair)),
    row('3→1', '≤ 5 s'),
    row('wake 1', '≤ 1.3, or 1.5 s more', against('wake 1', one ?? 0)),
    row('longest write gap', '≤ 2 s in 1→3→1'),
    '',
  ].join('\n');
}
