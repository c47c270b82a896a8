/** Membership changes as etcd's members themselves counted them, held against the effect log. */
import { get } from 'node:http';
import { ports } from '../../api/names.js';
import type { Ended } from './invariants.js';

const verbs = {
  MemberAdd: 'add-learner',
  MemberPromote: 'promote',
  MemberRemove: 'remove-member',
  MoveLeader: 'move-leader',
} as const;

export type Method = keyof typeof verbs;
export const methods = Object.keys(verbs) as Method[];

export interface Calls {
  readonly succeeded: number;
  readonly all: number;
}

/** By method, from a member's metrics page; pure. A follower that passes a promotion on counts it, the leader then does not. */
export function callsIn(metrics: string): Record<Method, Calls> {
  const found = [...metrics.matchAll(/^grpc_server_handled_total\{(.*)\} (\S+)$/gm)].map(([, labels = '', count]) => ({
    labels,
    count: Number(count),
  }));
  const sum = (...parts: string[]): number =>
    found.reduce((total, { labels, count }) => total + (parts.every((part) => labels.includes(part)) ? count : 0), 0);
  return byMethod((method) => {
    const name = `grpc_method="${method}"`;
    return { succeeded: sum(name, 'grpc_code="OK"'), all: sum(name) };
  });
}

/** The same of all these members together. */
export async function callsTo(addresses: readonly string[]): Promise<Record<Method, Calls>> {
  const counted = (await Promise.all(addresses.map(metricsOf))).map(callsIn);
  const sum = (method: Method, key: keyof Calls): number =>
    counted.reduce((total, each) => total + each[method][key], 0);
  return byMethod((method) => ({ succeeded: sum(method, 'succeeded'), all: sum(method, 'all') }));
}

/** The same by the effect log of one cluster, "namespace/name"; pure. */
export function callsLogged(log: readonly Ended[], cluster: string): Record<Method, Calls> {
  return byMethod((method) => {
    const own = log.filter(({ effect }) => effect.cluster === cluster && effect.verb === verbs[method]);
    return { succeeded: own.filter(({ outcome }) => outcome === 'done').length, all: own.length };
  });
}

/**
 * What etcd did and the log does not have, or the other way round; pure. A call without an answer failed for the log and may have
 * succeeded in etcd, or not have reached it: so etcd may count more successes, and fewer calls, than were logged, and never otherwise.
 */
export function unexplained(counted: Calls, logged: Calls): string[] {
  return [
    ...(counted.succeeded < logged.succeeded ? [`${logged.succeeded} logged, ${counted.succeeded} in etcd`] : []),
    ...(counted.all > logged.all ? [`${counted.all} asked of etcd, ${logged.all} logged`] : []),
  ];
}

const byMethod = (of: (method: Method) => Calls): Record<Method, Calls> =>
  Object.fromEntries(methods.map((method) => [method, of(method)])) as Record<Method, Calls>;

function metricsOf(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port: ports.metrics, path: '/metrics', timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text)).once('error', reject);
    }).once('error', reject);
  });
}
