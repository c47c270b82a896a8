/** Status, computed from one view: what was seen in this pass, and never an old value where etcd did not answer. */
import { names, labels, ports } from '../../api/names.js';
import type { EtcdClusterStatus } from '../../api/index.js';
import type { Planned } from '../plan.js';
import type { ClusterView } from '../view.js';
import { present, type Identity } from '../identity.js';
import { canonical } from '../objects/revision.js';
import { alarmsOf, conditionsOf, toSeconds } from './conditions.js';
import { healthOf, type Health } from './health.js';
import { operationOf, phaseOf } from './operation.js';

export function statusOf(view: ClusterView, planned: Planned | undefined): EtcdClusterStatus {
  const health = healthOf(view);
  const operation = operationOf(view, health, planned);
  const conditions = conditionsOf({ view, health, operation, planned });
  const isStalled = conditions.some(({ type, status }) => type === 'Stalled' && status === 'True');
  return {
    observedGeneration: view.cluster.metadata.generation,
    phase: phaseOf(view, { health, operation, isStalled }),
    conditions,
    readyMembers: health.quorum.healthy,
    selector: `${labels.cluster}=${view.name}`,
    members: health.members,
    ...(health.quorum.voters > 0 && !health.isStopped && { quorum: health.quorum }),
    ...(view.accepted && { targetVersion: view.accepted.spec.version }),
    ...(operation && { operation }),
    certificates: view.certificates.flatMap(({ secret, notAfter }) =>
      notAfter === undefined ? [] : [{ name: secret.name, notAfter: toSeconds(notAfter) }],
    ),
    lastProbeTime: toSeconds(view.now),
    ...summary(view, health),
    ...endpoints(view, health),
    ...latched(view),
    ...remembered(view),
  };
}

/** What the columns show. */
function summary(
  view: ClusterView,
  { members }: Health,
): Pick<EtcdClusterStatus, 'leader' | 'dbSize' | 'alarms' | 'currentVersion'> {
  const alarms = alarmsOf(view);
  const dbSize = Math.max(0, ...members.map((member) => member.dbSize ?? 0));
  const leader = members.find((member) => member.leader)?.name;
  const [currentVersion] = members.flatMap(({ version }) => version ?? []).sort();
  return {
    ...(leader !== undefined && { leader }),
    ...(dbSize > 0 && { dbSize: humanBytes(dbSize) }),
    ...(alarms.length > 0 && { alarms: [...new Set(alarms.map((each) => each.split(' ', 1)[0]))].join(', ') }),
    ...(currentVersion !== undefined && { currentVersion }),
  };
}

/** `replicas` is the scale subresource's: members that are meant to run. */
function remembered({ identity, cluster }: ClusterView): Pick<EtcdClusterStatus, 'replicas' | 'stoppedSize'> {
  if (!identity) {
    // A lost memory is rebuilt by this count: it stays until there is a memory again.
    const { incarnation, replicas = 0, stoppedSize } = cluster.status ?? {};
    if (incarnation === undefined) return { replicas: 0 };
    return { replicas, ...(stoppedSize !== undefined && { stoppedSize }) };
  }
  const { stopped } = identity.identity;
  return stopped ? { replicas: 0, stoppedSize: stopped.size } : { replicas: present(identity.identity).length };
}

function endpoints(view: ClusterView, health: Health): Pick<EtcdClusterStatus, 'endpoints' | 'binding'> {
  if (!view.accepted || !health.isBootstrapped) return {};
  const { tls, clusterDomain } = view.accepted.spec;
  const isTLS = tls.client.source !== 'Disabled';
  const host = `${names.clientService(view.name)}.${view.namespace}.svc.${clusterDomain}`;
  return {
    endpoints: [`${isTLS ? 'https' : 'http'}://${host}:${ports.client}`],
    ...(isTLS && { binding: { name: names.clientCertificate(view.name) } }),
  };
}

/** Facts that, once known, are never taken back: a cluster that was must not be begun anew. */
function latched(view: ClusterView): Pick<EtcdClusterStatus, 'clusterID' | 'incarnation' | 'highestRevision'> {
  const {
    clusterID,
    incarnation,
    highestRevision = '0',
  } = { ...latchedBy(view.identity?.identity), ...defined(view.cluster.status) };
  const seen = [...(view.etcd?.probes.values() ?? [])].flatMap(({ linearizable }) =>
    linearizable ? [linearizable.revision] : [],
  );
  const highest = [BigInt(highestRevision), ...seen].reduce((a, b) => (a > b ? a : b));
  return {
    ...(clusterID !== undefined && { clusterID }),
    ...(incarnation !== undefined && { incarnation }),
    ...(highest > 0n && { highestRevision: String(highest) }),
  };
}

const latchedBy = (identity: Identity | undefined): Pick<EtcdClusterStatus, 'clusterID' | 'incarnation'> =>
  identity?.clusterID === undefined ? {} : { clusterID: identity.clusterID, incarnation: identity.incarnation };

const defined = (
  status: EtcdClusterStatus | undefined,
): Pick<EtcdClusterStatus, 'clusterID' | 'incarnation' | 'highestRevision'> => ({
  ...(status?.clusterID !== undefined && { clusterID: status.clusterID }),
  ...(status?.incarnation !== undefined && { incarnation: status.incarnation }),
  ...(status?.highestRevision !== undefined && { highestRevision: status.highestRevision }),
});

const units = ['B', 'KiB', 'MiB', 'GiB'] as const;

function humanBytes(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`;
}

const heartbeatMs = 10 * 60_000;

/** Whether the new status is worth a write: a change that matters, database size by a tenth, or ten minutes. */
export function isWorthWriting(former: EtcdClusterStatus | undefined, next: EtcdClusterStatus, now: number): boolean {
  if (!former) return true;
  if (now - Date.parse(former.lastProbeTime ?? '1970-01-01T00:00:00Z') >= heartbeatMs) return true;
  return canonical(essence(former)) !== canonical(essence(next)) || grew(former, next);
}

/**
 * Without what moves all the time. Messages of conditions stay: a second pod that refuses to start, other conflicting names or fewer
 * running members change nothing but the message. So no message may hold a number that moves by itself.
 */
function essence(status: EtcdClusterStatus): object {
  return {
    ...status,
    lastProbeTime: undefined,
    highestRevision: undefined,
    dbSize: undefined,
    members: status.members?.map((member) => ({ ...member, raftIndexLag: undefined, dbSize: undefined })),
    operation: status.operation && { ...status.operation, step: undefined },
    conditions: status.conditions?.map((each) => ({ ...each, lastTransitionTime: undefined })),
  };
}

const totalSize = ({ members = [] }: EtcdClusterStatus): number =>
  members.reduce((sum, { dbSize = 0 }) => sum + dbSize, 0);

function grew(former: EtcdClusterStatus, next: EtcdClusterStatus): boolean {
  const [before, after] = [totalSize(former), totalSize(next)];
  return Math.abs(after - before) > before / 10;
}
