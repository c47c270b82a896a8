/**
 * What a member tells on its peer port over plain HTTPS. It answers as soon as the member has joined, before it serves
 * clients, and also as a learner and without a quorum.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Environment } from '../api/environment.js';
import { isCertificateFailure, noAnswer, withoutNoise } from './failures.js';
import { hexID } from './ids.js';
import type { ProbeFailure } from './probe.js';
import type { ClientCertificate, Member, MemberList } from './types.js';

export interface PeerTarget {
  /** "10.0.0.5:2380" */
  readonly address: string;
  readonly serverName: string;
  /** The operator's own peer client certificate; absent: plain text. */
  readonly tls?: ClientCertificate | undefined;
  readonly deadlineMs: number;
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

export interface PeerVersion {
  readonly serverVersion: string;
  /** "not_decided" until the cluster has agreed on one. */
  readonly clusterVersion: string;
}

export type PeerFailure = { readonly error: Pick<ProbeFailure, 'code' | 'message'> };

/** What a member says of its version on its peer port. Never rejects. */
export async function peerVersion(target: PeerTarget): Promise<PeerVersion | PeerFailure> {
  return answered(target, '/version', ({ body }) => {
    const { etcdserver, etcdcluster } = JSON.parse(body) as Record<string, unknown>;
    return { serverVersion: String(etcdserver), clusterVersion: String(etcdcluster) };
  });
}

/** A member's own member list from its peer port: the only way to see a learner's. Never rejects. */
export async function peerMembers(target: PeerTarget): Promise<Omit<MemberList, 'memberID'> | PeerFailure> {
  return answered(target, '/members', ({ body, clusterID }) => {
    const members = (JSON.parse(withTextualIDs(body)) as readonly PeerMember[]).map(fromPeer);
    return { clusterID, members: members.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  });
}

/** etcd writes IDs as JSON numbers of 64 bits, which JSON.parse would round. */
function withTextualIDs(body: string): string {
  return body.replace(/"id":(\d+)/g, '"id":"$1"');
}

/** Go leaves out what is empty. */
interface PeerMember {
  readonly id: string;
  readonly name?: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

function fromPeer({ id, name = '', peerURLs, clientURLs = [], isLearner = false }: PeerMember): Member {
  return { id: hexID(id), name, peerURLs, clientURLs, isLearner };
}

interface Answer {
  readonly body: string;
  readonly clusterID: string;
}

async function answered<T>(target: PeerTarget, path: string, read: (answer: Answer) => T): Promise<T | PeerFailure> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  const cancelDeadline = target.environment.clock.after(target.deadlineMs, abort);
  target.signal?.addEventListener('abort', abort, { once: true });
  try {
    if (target.signal?.aborted === true) abort();
    const response = await get(target, path, ending.signal);
    const body = await text(response);
    if (response.statusCode !== 200) return failed('Other', `HTTP ${response.statusCode ?? 0} for ${path}`);
    return read({ body, clusterID: String(response.headers['x-etcd-cluster-id']).padStart(16, '0') });
  } catch (error) {
    return ending.signal.aborted ? ended(target) : unanswered(error);
  } finally {
    cancelDeadline();
    target.signal?.removeEventListener('abort', abort);
  }
}

function ended({ signal }: PeerTarget): PeerFailure {
  return signal?.aborted === true ? failed('Aborted', 'aborted') : failed('Timeout', noAnswer);
}

function unanswered(error: unknown): PeerFailure {
  const message = error instanceof Error ? withoutNoise(error.message) : String(error);
  if (error instanceof SyntaxError || error instanceof TypeError) return failed('Other', message);
  return failed(isCertificateFailure(message) ? 'CertificateRejected' : 'Unavailable', message);
}

function failed(code: ProbeFailure['code'], message: string): PeerFailure {
  return { error: { code, message } };
}

function get(target: PeerTarget, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { hostname, port } = new URL(`http://${target.address}`);
  const common = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), path, agent: false, signal };
  return new Promise((resolve, reject) => {
    const { tls, serverName } = target;
    const request =
      tls === undefined
        ? httpRequest(common, resolve)
        : httpsRequest({ ...common, servername: serverName, ca: tls.ca, cert: tls.certificate, key: tls.key }, resolve);
    request.on('error', reject).end();
  });
}
