import { execFile } from 'node:child_process';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { connect } from 'node:net';
import type { Variables } from './expand.js';
import { execCommand, type User } from './rootfs.js';
import type { Container, Probe } from './types.js';

export interface Target {
  readonly ip: string;
  readonly pid: number;
  readonly user: User;
  readonly variables: Variables;
  readonly container: Container;
}

/** One probe, as the kubelet does it: an exec inside the container, HTTP and TCP from outside, certificates not verified. */
export function probeOnce(probe: Probe, target: Target): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return exec(probe.exec.command, target, timeoutMs);
  if (probe.httpGet) {
    const { scheme, port, path } = probe.httpGet;
    const url = `${scheme === 'HTTPS' ? 'https' : 'http'}://${target.ip}:${portOf(port, target.container)}${path ?? '/'}`;
    return get(url, timeoutMs);
  }
  if (probe.tcpSocket) return tcp(target.ip, portOf(probe.tcpSocket.port, target.container), timeoutMs);
  throw new Error('this probe is not supported');
}

function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`no port named ${port}`);
  return named.containerPort;
}

function exec(command: readonly string[], { pid, user, variables }: Target, timeout: number): Promise<boolean> {
  const [file = '', ...args] = execCommand(pid, user, command);
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...variables };
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout, killSignal: 'SIGKILL' }, (error) => resolve(error === null));
  });
}

function tcp(host: string, port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeout, () => done(false));
    socket.on('connect', () => done(true));
    socket.on('error', () => done(false));
  });
}

function get(url: string, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout, agent: false as const, rejectUnauthorized: false };
    const sent = (url.startsWith('https') ? https : http)(url, options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(false));
    sent.end();
  });
}
