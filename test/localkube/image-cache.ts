// The images every node has, imported once: a containerd root folder in the cache, which each new node gets a copy of made of
// hard links. What is linked is never written to again: blobs by definition, layers because overlayfs only reads them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/poll.js';
import { build, type Log } from './builder.js';
import { must, run } from './exec.js';
import { etcdVersions } from './groups.js';
import { imageArchive, type ImageOf } from './image.js';
import { containerdConfig, pauseImage } from './node-config.js';
import { withLock } from './lock.js';
import { cacheDir } from './paths.js';

export const etcdImage = (version: string): string => `quay.io/coreos/etcd:v${version}`;

/** Raised when the making of archives changes, so that those in the cache are not taken for the new ones. */
const format = 1;

interface Source {
  readonly name: string;
  readonly group: string;
  readonly tools: readonly string[];
}

const sources: readonly Source[] = [
  { name: pauseImage, group: 'pause', tools: ['pause'] },
  ...etcdVersions.map(({ group, version }) => ({
    name: etcdImage(version),
    group,
    tools: ['etcd', 'etcdctl', 'etcdutl'],
  })),
];

async function archiveOf(source: Source, log: Log): Promise<string> {
  const dir = await build(source.group, log);
  const path = join(dir, `image-${format}.tar`);
  if (existsSync(path)) return path;
  const image: ImageOf = {
    name: source.name,
    files: source.tools.map((tool) => ({ path: `usr/local/bin/${tool}`, body: readFileSync(join(dir, tool)) })),
    command: [`/usr/local/bin/${source.tools[0] ?? ''}`],
  };
  const partial = `${path}.partial-${process.pid}`;
  writeFileSync(partial, imageArchive(image));
  renameSync(partial, path);
  return path;
}

/** Paths of the archives of every image that nodes are born with, built if absent. */
export async function imageArchives(log: Log): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const source of sources) paths.push(await archiveOf(source, log));
  return paths;
}

export const ctr = (socket: string, args: readonly string[]): readonly string[] => [
  'ctr',
  '-a',
  socket,
  '-n',
  'k8s.io',
  ...args,
];

/** A containerd root folder with every image imported. */
export async function imagesRoot(log: Log): Promise<string> {
  const archives = await imageArchives(log);
  const version = await must(['containerd', '--version']);
  const hash = createHash('sha256')
    .update(archives.join('\n') + version)
    .digest('hex')
    .slice(0, 12);
  const target = join(cacheDir(), `containerd-root-${hash}`);
  await withLock(`${target}.lock`, async () => {
    if (!existsSync(target)) await importAll(archives, target, log);
  });
  return target;
}

async function importAll(archives: readonly string[], target: string, log: Log): Promise<void> {
  const from = performance.now();
  const work = mkdtempSync(join(tmpdir(), 'localkube-images-'));
  const at = {
    root: `${target}.partial`,
    state: join(work, 'state'),
    socket: join(work, 'containerd.sock'),
    cniConfig: join(work, 'cni'),
  };
  rmSync(at.root, { recursive: true, force: true });
  mkdirSync(at.root, { recursive: true });
  writeFileSync(join(work, 'config.toml'), containerdConfig(at));
  // A mount namespace of its own, so that a kill in the middle of an import leaves no layer mounted.
  const args = ['--mount', '--propagation', 'private', 'containerd', '--config', join(work, 'config.toml')];
  const daemon = spawn('unshare', args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => daemon.once('exit', resolve).once('error', resolve));
  try {
    await containerdReady(at.socket);
    for (const archive of archives) await must(ctr(at.socket, ['images', 'import', archive]));
  } finally {
    daemon.kill('SIGTERM');
    await ended;
    rmSync(work, { recursive: true, force: true });
  }
  renameSync(at.root, target);
  log(`  imported ${archives.length} images in ${((performance.now() - from) / 1000).toFixed(1)} s`);
}

export async function containerdReady(socket: string): Promise<void> {
  await eventually(
    `containerd at ${socket}`,
    30_000,
    async () => {
      const result = await run(ctr(socket, ['version']), { timeoutMs: 5000 });
      return result.code === 0 ? { done: true, value: undefined } : { done: false, seen: result.stderr };
    },
    50,
  );
}

/** Gives a node its containerd root: links where the cache lies on the same disk, copies where not. */
export async function seedRoot(from: string, to: string): Promise<void> {
  mkdirSync(join(to, '..'), { recursive: true });
  const linked = await run(['cp', '-a', '--link', from, to]);
  if (linked.code !== 0) {
    rmSync(to, { recursive: true, force: true });
    await must(['cp', '-a', '--reflink=auto', from, to]);
    return;
  }
  // The databases are written to: each node needs its own.
  const databases = (await must(['find', to, '-name', '*.db'])).trim().split('\n');
  for (const path of databases.filter((each) => each !== '')) {
    await must(['cp', '--remove-destination', '--preserve', path.replace(to, from), path]);
  }
}
