import type { EtcdCluster } from '../../api/index.js';
import { getObject, type Place } from '../support/place.js';
import { eventually } from '../support/poll.js';
import { clusterName, demoNamespace } from './spec.js';

/**
 * Waits until status says that the spec of now is reached, and tells each change on the way. Fails with the whole status when it takes
 * more than three minutes: images may have to be pulled.
 */
export async function settled(place: Place, size: number, tell: (line: string) => void): Promise<void> {
  let told = '';
  await eventually(
    `size ${size}`,
    180_000,
    async () => {
      const cluster = await getObject<EtcdCluster>(place, 'etcdcluster', demoNamespace, clusterName);
      const line = summary(cluster);
      if (line !== told) tell(line);
      told = line;
      return isSettled(cluster, size) ? { done: true, value: undefined } : { done: false, seen: cluster?.status };
    },
    400,
  );
}

function summary(cluster: EtcdCluster | undefined): string {
  const { phase = 'no status yet', readyMembers = 0, operation, conditions = [] } = cluster?.status ?? {};
  const stalled = conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  const doing = stalled === undefined ? (operation?.step ?? '') : `${stalled.reason}: ${stalled.message}`;
  return `${phase.padEnd(10)} ${readyMembers} ready${doing === '' ? '' : `   ${doing}`}`;
}

function isSettled(cluster: EtcdCluster | undefined, size: number): boolean {
  const generation = (cluster?.metadata as { generation?: number } | undefined)?.generation;
  const ready = cluster?.status?.conditions?.find(({ type }) => type === 'Ready');
  const isThere = cluster?.status?.readyMembers === size && cluster.status.replicas === size;
  return isThere && ready?.status === 'True' && ready.observedGeneration === generation;
}
