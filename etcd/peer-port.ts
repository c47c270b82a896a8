/**
 * What a member tells on its peer port over plain HTTPS. It answers as soon as the member has joined, before it serves
 * clients, and also as a learner and without a quorum.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Environment } from '../api/environment.js';
import { isCertificateFailure, noAnswer, withoutNoise } from './failures.js';
import type { ProbeFailure } from './probe.js';
import type { ClientCertificate } from './types.js';

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
  return answered(target, '/version', (body) => {
    const { etcdserver, etcdcluster } = JSON.parse(body) as Record<string, unknown>;
    return { serverVersion: String(etcdserver), clusterVersion: String(etcdcluster) };
  });
}

async function answered<T>(target: PeerTarget, path: string, read: (body: string) => T): Promise<T | PeerFailure> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  const cancelDeadline = target.environment.clock.after(target.deadlineMs, abort);
  target.signal?.addEventListener('abort', abort, { once: true });
  try {
    if (target.signal?.aborted === true) abort();
    const response = await get(target, path, ending.signal);
    const body = await text(response);
    if (response.statusCode !== 200) return failed('Other', `HTTP ${response.statusCode ?? 0} for ${path}`);
    return read(body);
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
