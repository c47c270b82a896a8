// Debian packages, installed only when a program they bring is missing, and never with their services started.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './exec.js';
import { join } from 'node:path';
import { withLock } from './lock.js';
import { instead } from './machine.js';
import { stateRoot } from './paths.js';

/** Package → a file that it brings. */
const files = {
  iproute2: '/sbin/ip',
  iptables: '/usr/sbin/iptables',
  conntrack: '/usr/sbin/conntrack',
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'containernetworking-plugins': '/usr/lib/cni/ptp',
  buildah: '/usr/bin/buildah',
  debootstrap: '/usr/sbin/debootstrap',
} as const;

export type Package = keyof typeof files;

export const controlPlanePackages: readonly Package[] = ['iproute2'];
export const nodePackages: readonly Package[] = [
  'iproute2',
  'iptables',
  'conntrack',
  'containerd',
  'runc',
  'containernetworking-plugins',
];

const missing = (wanted: readonly Package[]): readonly Package[] => wanted.filter((each) => !existsSync(files[each]));

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

const policy = '/usr/sbin/policy-rc.d';

// Debian starts a service as soon as its package is installed, unless this file says no. One that is there already is kept.
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

async function apt(args: readonly string[]): Promise<void> {
  const result = await run(['apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: 600_000,
  });
  if (result.code !== 0) throw new Error(`apt-get ${args.join(' ')} failed: ${result.stderr.trim().slice(-2000)}`);
}

/** Installs what is missing of `wanted`; says in one sentence why it cannot when it cannot. */
export async function ensurePackages(wanted: readonly Package[], log: (line: string) => void): Promise<void> {
  if (missing(wanted).length === 0) return;
  if (!isDebian()) {
    const names = missing(wanted).join(', ');
    throw new Error(
      `${names} must be installed, and only Debian's apt-get is known here: install them, or else ${instead}`,
    );
  }
  await withLock(join(stateRoot, 'packages.lock'), async () => {
    const names = missing(wanted);
    if (names.length === 0) return;
    const from = performance.now();
    log(`  installing ${names.join(' ')}`);
    await withoutServices(async () => {
      const install = ['install', '--no-install-recommends', ...names];
      // Lists may be stale or absent; updating them first every time would cost ten seconds for nothing.
      await apt(install).catch(async () => {
        await apt(['update']);
        await apt(install);
      });
    });
    log(`  installed ${names.join(' ')} in ${((performance.now() - from) / 1000).toFixed(1)} s`);
  });
}
