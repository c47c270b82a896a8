/** What may happen to a member's disk: it lies in a folder of this machine. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { binary } from '../../localkube/index.js';
import { run } from '../../localkube/exec.js';
import { loopbackAddress } from '../../support/etcd-process.js';
import type { Stored } from '../../support/history.js';
import { end } from '../../support/node-process.js';
import { eventually } from '../../support/poll.js';

export function empty(folder: string): void {
  // A member that still runs may write into a folder that is being removed.
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, maxRetries: 10 });
}

/** With owners and modes: etcd runs as a user of its own. */
export function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

export function swap(a: string, b: string): void {
  const aside = mkdtempSync(join(tmpdir(), 'quorate-swap-'));
  const move = (from: string, to: string): void => {
    copy(from, to);
    empty(from);
  };
  move(a, aside);
  move(b, a);
  move(aside, b);
  rmdirSync(aside);
}

/**
 * Empties a disk under its running member and gives what puts everything back. The files are moved within their file system, so that what
 * the member still writes is in them: an older copy would make a voter forget what it has promised.
 */
export function takeAway(folder: string): () => void {
  const aside = `${folder}.aside`;
  const move = (from: string, to: string): void => {
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name));
  };
  mkdirSync(aside);
  move(folder, aside);
  return () => {
    empty(folder);
    move(aside, folder);
    rmdirSync(aside);
  };
}

/** Every file below a folder with its content's digest. */
export function digest(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
      return `${relative(folder, path)} ${content}`;
    })
    .sort();
}

interface Range {
  readonly kvs?: readonly {
    readonly key: string;
    readonly value: string;
    readonly create_revision: number;
    readonly mod_revision: number;
    readonly version: number;
  }[];
}

/** What a writer put into a cluster of one member, read from a copy of its disk by an etcd of this machine. */
export async function storedOn(disk: string): Promise<Stored[]> {
  const [etcd, etcdctl] = await Promise.all([binary('etcd-3.6', 'etcd'), binary('etcd-3.6', 'etcdctl')]);
  const folder = mkdtempSync(join(tmpdir(), 'quorate-disk-'));
  copy(disk, folder);
  const host = loopbackAddress();
  const [client, peer] = [`http://${host}:2379`, `http://${host}:2380`];
  const child = spawn(
    etcd,
    [
      `--data-dir=${join(folder, readdirSync(folder)[0] ?? '')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
    ],
    { stdio: 'ignore' },
  );
  await once(child, 'spawn');
  try {
    return await eventually('the disk is read', 30_000, async () => {
      const { code, stdout, stderr } = await run([
        ...[etcdctl, `--endpoints=${client}`],
        ...['get', '--prefix', 'writer/', '-w', 'json'],
      ]);
      return code === 0 ? { done: true, value: storedIn(JSON.parse(stdout) as Range) } : { done: false, seen: stderr };
    });
  } finally {
    await end(child);
    rmSync(folder, { recursive: true });
  }
}

const text = (base64: string): string => Buffer.from(base64, 'base64').toString();

const storedIn = ({ kvs = [] }: Range): Stored[] =>
  kvs.map(({ key, value, create_revision, mod_revision, version }) => ({
    key: text(key),
    value: text(value),
    createRevision: create_revision,
    modRevision: mod_revision,
    version,
  }));
