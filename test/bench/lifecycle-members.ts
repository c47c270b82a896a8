/** The end of each measurement: a put and a linearizable get through every member, as soon as it can. */
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { memberHost, names, ports } from '../../api/names.js';
import type { Cluster } from '../localkube/index.js';
import { getObject, listObjects } from '../support/place.js';
import { eventually } from '../support/poll.js';

const minute = 60_000;

export interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly size: number;
}

/** Resolves at the first moment at which all `size` members have taken both. */
export async function everyMember(place: Cluster, target: Target): Promise<void> {
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
