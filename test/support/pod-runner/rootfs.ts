import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod, SecurityContext } from './types.js';

/** What a pod's root file system is made of, besides its volumes. */
export interface RootOptions {
  readonly root: string;
  readonly pod: Pod;
  readonly podIP: string;
  readonly dns: string;
  readonly domain: string;
}

/** The folders of an image without a shell, and the files that a kubelet writes into it: hosts and resolv.conf. */
export function makeRoot({ root, pod, podIP, dns, domain }: RootOptions): void {
  for (const folder of ['etc', 'proc', 'dev', 'tmp', 'usr/local/bin'])
    mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  const { namespace } = pod.metadata;
  const search = `${namespace}.svc.${domain} svc.${domain} ${domain}`;
  writeFileSync(join(root, 'etc/resolv.conf'), `search ${search}\nnameserver ${dns}\noptions ndots:5\n`);
  const hostname = pod.spec.hostname ?? pod.metadata.name;
  const { subdomain } = pod.spec;
  const full = subdomain === undefined ? '' : `${hostname}.${subdomain}.${namespace}.svc.${domain}\t`;
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1\tlocalhost\n${podIP}\t${full}${hostname}\n`);
}

/** A folder that its container may write to. */
export function makeWritable(folder: string, fsGroup: number | undefined): void {
  mkdirSync(folder, { recursive: true });
  if (fsGroup === undefined) {
    chmodSync(folder, 0o777);
    return;
  }
  chownSync(folder, 0, fsGroup);
  chmodSync(folder, 0o2775);
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** The container's own security context over the pod's; root of the image where neither says. */
export function userOf(pod: Pod, container: Container): User {
  const context: SecurityContext = { ...pod.spec.securityContext, ...container.securityContext };
  const { fsGroup } = pod.spec.securityContext ?? {};
  return {
    uid: context.runAsUser ?? 0,
    gid: context.runAsGroup ?? 0,
    groups: fsGroup === undefined ? [] : [fsGroup],
  };
}

export interface Bind {
  readonly from: string;
  /** Path inside the root. */
  readonly to: string;
}

// Mounts in a mount namespace of its own: they are gone with the process, and nobody else sees them.
const mountAll = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"';

/**
 * The command that becomes the container's process: in the pod's network, with its volumes, under its user. Every program in it replaces
 * itself by the next, so the pid that is started is the process's.
 */
export function launchCommand(at: {
  readonly sandbox: number;
  readonly root: string;
  readonly binds: readonly Bind[];
  readonly user: User;
  readonly command: readonly string[];
}): string[] {
  const { uid, gid, groups } = at.user;
  const mounts = [{ from: '/proc', to: 'proc' }, { from: '/dev', to: 'dev' }, ...at.binds];
  return [
    'nsenter',
    `--net=/proc/${at.sandbox}/ns/net`,
    'unshare',
    '--mount',
    'sh',
    '-c',
    mountAll,
    'sh',
    ...mounts.flatMap(({ from, to }) => [from, join(at.root, to)]),
    '--',
    'chroot',
    `--userspec=${uid}:${gid}`,
    `--groups=${groups.length === 0 ? String(gid) : groups.join(',')}`,
    at.root,
    ...at.command,
  ];
}

/** The command that runs in a container beside its process, as `kubectl exec` does. */
export function execCommand(pid: number, user: User, command: readonly string[]): string[] {
  const enter = [
    'nsenter',
    `--target=${pid}`,
    '--net',
    '--mount',
    '--root',
    `--setuid=${user.uid}`,
    `--setgid=${user.gid}`,
  ];
  return [...enter, '--', ...command];
}
