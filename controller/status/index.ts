/** Status, computed from one view: what was seen in this pass, and never an old value where etcd did not answer. */
import { names, labels, ports } from '../../api/names.js';
import type { EtcdClusterStatus } from '../../api/index.js';
import type { Planned } from '../plan.js';
import type { ClusterView } from '../view.js';
import { present } from '../identity.js';
import { canonical } from '../objects/revision.js';
import { alarmsOf, conditionsOf, toSeconds } from './conditions.js';
import { healthOf, type Health } from './health.js';
import { operationOf, phaseOf } from './operation.js';

export function statusOf(view: ClusterView, planned: Planned | undefined): EtcdClusterStatus {
  const health = healthOf(view);
  const operation = operationOf(view, health, planned);
  const conditions = conditionsOf({ view, health, operation, planned });
  const isStalled = conditions.some(({ type, status }) => type === 'Stalled' && status === 'True');
  const identity = view.identity?.identity;
  const alarms = alarmsOf(view);
  const dbSize = Math.max(0, ...health.members.map((member) => member.dbSize ?? 0));
  const leader = health.members.find((member) => member.leader)?.name;
  const versions = health.members.flatMap(({ version }) => version ?? []).sort();
  const [currentVersion] = versions;
  return {
    observedGeneration: view.cluster.metadata.generation,
    phase: phaseOf(view, health, operation, isStalled),
    conditions,
    replicas: identity && !identity.stopped ? present(identity).length : 0,
    readyMembers: health.quorum.healthy,
    selector: `${labels.cluster}=${view.name}`,
    ...(leader !== undefined && { leader }),
    members: health.members,
    ...(health.quorum.voters > 0 && !health.isStopped && { quorum: health.quorum }),
    ...(dbSize > 0 && { dbSize: humanBytes(dbSize) }),
    ...(alarms.length > 0 && { alarms: alarms.join(', ') }),
    ...(currentVersion !== undefined && { currentVersion }),
    ...(view.accepted && { targetVersion: view.accepted.spec.version }),
    ...(operation && { operation }),
    certificates: view.certificates.flatMap(({ secret, notAfter }) =>
      notAfter === undefined ? [] : [{ name: secret.name, notAfter: toSeconds(notAfter) }],
    ),
    ...endpoints(view, health),
    lastProbeTime: toSeconds(view.now),
    ...latched(view),
    ...(identity?.stopped && { stoppedSize: identity.stopped.size }),
  };
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
  const former = view.cluster.status;
  const identity = view.identity?.identity;
  const clusterID = former?.clusterID ?? identity?.clusterID;
  const incarnation = former?.incarnation ?? (identity?.clusterID !== undefined ? identity.incarnation : undefined);
  const revisions = [...(view.etcd?.probes.values() ?? [])].flatMap(({ linearizable }) =>
    linearizable ? [linearizable.revision] : [],
  );
  const highest = [BigInt(former?.highestRevision ?? '0'), ...revisions].reduce((a, b) => (a > b ? a : b));
  return {
    ...(clusterID !== undefined && { clusterID }),
    ...(incarnation !== undefined && { incarnation }),
    ...(highest > 0n && { highestRevision: String(highest) }),
  };
}

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

/** Without what moves all the time. */
function essence(status: EtcdClusterStatus): object {
  const {
    lastProbeTime: _time,
    highestRevision: _revision,
    dbSize: _size,
    members = [],
    operation,
    conditions = [],
    ...rest
  } = status;
  return {
    ...rest,
    members: members.map(({ raftIndexLag: _lag, dbSize: _bytes, ...member }) => member),
    operation: operation && { ...operation, step: undefined },
    conditions: conditions.map(({ type, status: value, reason, observedGeneration }) => ({
      type,
      value,
      reason,
      observedGeneration,
    })),
  };
}

const totalSize = ({ members = [] }: EtcdClusterStatus): number =>
  members.reduce((sum, { dbSize = 0 }) => sum + dbSize, 0);

function grew(former: EtcdClusterStatus, next: EtcdClusterStatus): boolean {
  const [before, after] = [totalSize(former), totalSize(next)];
  return Math.abs(after - before) > before / 10;
}
