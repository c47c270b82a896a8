/** Bases, image, archive: each made only when what it is made from has changed. */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { must, run } from '../../test/localkube/exec.js';
import { withLock } from '../../test/localkube/lock.js';
import { cacheDir } from '../../test/localkube/paths.js';
import { debianMirror, npmSettings, requireMachine } from './machine.js';
import { baseNames, basesScript, recipe, recipeKey } from './recipe.js';
import { sourcesHash } from './sources.js';

const root = new URL('../..', import.meta.url).pathname;

export interface Image {
  /** As the manifests name it. */
  readonly reference: string;
  /** Path of an OCI archive that holds it under that name. */
  readonly archive: string;
}

interface Store {
  readonly folder: string;
  readonly run: string;
  readonly log: (line: string) => void;
}

export function imageReference(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return `ghcr.io/quorate/quorate:${version}`;
}

/** Gives the image of this checkout; builds what is missing of it. One builder at a time on a machine. */
export async function ensureImage(log: (line: string) => void): Promise<Image> {
  const folder = join(cacheDir(), `image-${recipeKey()}`);
  const reference = imageReference();
  const archive = join(folder, `quorate-${sourcesHash(root, reference)}.tar`);
  if (existsSync(archive)) return { reference, archive };
  await requireMachine(log);
  mkdirSync(folder, { recursive: true });
  const waiting = (pid: string): void => log(`waiting for the builder with process id ${pid}`);
  await withLock(join(folder, 'lock'), () => build({ folder, reference, archive, log }), waiting);
  return { reference, archive };
}

async function build(wanted: Image & { folder: string; log: (line: string) => void }): Promise<void> {
  const { folder, log, reference, archive } = wanted;
  if (existsSync(archive)) return;
  // What a builder notes about mounts is true only as long as it runs: a new folder each time, also after a killed one.
  const store = { folder, log, run: join(folder, 'run') };
  rmSync(store.run, { recursive: true, force: true });
  mkdirSync(store.run);
  try {
    await ensureBases(store);
    await buildFromDockerfile(store, reference);
    log('writing the archive');
    const partial = join(folder, 'partial.tar');
    rmSync(partial, { force: true });
    // Compressed: that costs a few seconds once, and saves two for each node that takes it in (measured with ctr import).
    await buildah(store, 'push', '--quiet', reference, `oci-archive:${partial}:${reference}`);
    renameSync(partial, archive);
    forgetOldArchives(folder);
    await forgetOldLayers(store);
  } finally {
    rmSync(store.run, { recursive: true, force: true });
  }
}

async function ensureBases(store: Store): Promise<void> {
  const names = Object.values(baseNames);
  const present = await Promise.all(names.map((name) => hasImage(store, name)));
  if (present.every(Boolean)) return;
  store.log(`base images (kept in ${store.folder})`);
  const tarballs = await must(['npm', 'pack', '--silent', '--pack-destination', store.run, ...npmPackages()]);
  const [node = '', npm = ''] = tarballs.trim().split('\n');
  await shown(store, ['sh', basesScript], {
    STORE: join(store.folder, 'storage'),
    RUN: store.run,
    MIRROR: await debianMirror(),
    SUITE: recipe.suite,
    PACKAGES: recipe.runtimePackages.join(' '),
    NODE_TARBALL: join(store.run, node),
    NPM_TARBALL: join(store.run, npm),
    BUILD_NAME: baseNames.build,
    RUNTIME_NAME: baseNames.runtime,
  });
}

const npmPackages = (): string[] => [`node-linux-${process.arch}@${recipe.node}`, `npm@${recipe.npm}`];

async function buildFromDockerfile(store: Store, reference: string): Promise<void> {
  store.log(`Dockerfile → ${reference}`);
  const { npmrc, authorities, cache } = await npmSettings();
  const npmrcFile = join(store.run, 'npmrc');
  writeFileSync(npmrcFile, npmrc, { mode: 0o600 });
  const secrets = [`id=npmrc,src=${npmrcFile}`, ...(authorities === undefined ? [] : [`id=ca,src=${authorities}`])];
  await buildah(
    store,
    ...['bud', '--isolation', 'chroot', '--pull-never', '--layers', '--timestamp', '0', '--tag', reference],
    ...secrets.flatMap((secret) => ['--secret', secret]),
    ...['--volume', `${cache}:/root/.npm:rw`],
    root,
  );
}

async function hasImage(store: Store, name: string): Promise<boolean> {
  return (await run(buildahArgv(store, 'inspect', '--type', 'image', name))).code === 0;
}

const buildah = (store: Store, ...args: string[]): Promise<string> => must(buildahArgv(store, ...args));

function buildahArgv(store: Store, ...args: string[]): string[] {
  const storage = ['--root', join(store.folder, 'storage'), '--runroot', store.run, '--storage-driver', 'overlay'];
  return [...isolated, 'buildah', ...storage, ...args];
}

/** In a mount namespace of its own whatever is mounted goes when the program does, however it ends. */
const isolated = ['unshare', '--mount', '--propagation', 'private'] as const;

/** Runs a program whose output lines are progress. */
function shown(store: Store, argv: readonly string[], env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = [...isolated, ...argv];
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().trim().split('\n').forEach(store.log));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${argv.join(' ')} failed (exit code ${code}):\n${errors}`));
    });
  });
}

/** Each change of the sources leaves a few layers behind; now and then all that no name needs is dropped. */
async function forgetOldLayers(store: Store): Promise<void> {
  const images = (await buildah(store, 'images', '--all', '--quiet')).trim().split('\n');
  if (images.length > 60) await buildah(store, 'rmi', '--prune');
}

/** Three archives are kept: enough to go back and forth between checkouts. */
function forgetOldArchives(folder: string): void {
  const archives = readdirSync(folder).filter((name) => /^quorate-.*\.tar$/.test(name));
  const byAge = archives.map((name) => join(folder, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const file of byAge.slice(3)) rmSync(file);
}
