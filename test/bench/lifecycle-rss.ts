/** What the installed controller weighs while it looks after several clusters: its own metric, read as Prometheus would. */
import type { Cluster } from '../localkube/index.js';
import { kubectl } from '../support/place.js';
import { pause } from '../support/poll.js';

const namespace = 'weight';

/** Megabytes, read `samples` times, five seconds apart, once all are ready. */
export async function controllerRSS(place: Cluster, clusters: number, samples: number): Promise<number[]> {
  await kubectl(place, ['create', 'namespace', namespace]);
  const items = Array.from({ length: clusters }, (_, index) => ({
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name: `cluster-${index}`, namespace },
    spec: { size: index % 2 === 0 ? 1 : 3, storage: { size: '1Gi' }, options: { backendQuota: '512Mi' } },
  }));
  await kubectl(place, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl(place, ['wait', 'etcdcluster', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=180s']);
  const values: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    await pause(5_000);
    values.push(await resident(place));
  }
  await kubectl(place, ['delete', 'namespace', namespace, '--timeout=120s']);
  return values;
}

async function resident(place: Cluster): Promise<number> {
  const selector = 'app.kubernetes.io/component=controller';
  const pod = await kubectl(place, ['get', 'pod', '-n', 'quorate-system', '-l', selector, '-o', 'name']);
  const path = `/api/v1/namespaces/quorate-system/pods/${pod.trim().replace('pod/', '')}:8080/proxy/metrics`;
  const text = await kubectl(place, ['get', '--raw', path]);
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20;
}
