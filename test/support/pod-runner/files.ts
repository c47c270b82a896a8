import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Path under the mount → content and mode. */
export type Files = ReadonlyMap<string, { readonly content: Buffer; readonly mode: number }>;

let round = 0;

/**
 * Makes a folder show exactly these files, as a kubelet does: a fresh folder holds them, `..data` points to it and is swapped in one
 * rename, and each name is a link through `..data`; so a reader sees all old or all new. Gives whether anything changed.
 */
export function showFiles(folder: string, files: Files, gid: number): boolean {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, '..data');
  const before = existsSync(data) ? readlinkSync(data) : undefined;
  if (before !== undefined && isSame(join(folder, before), files)) return false;
  const fresh = `..${Date.now()}_${round++}`;
  writeAll(join(folder, fresh), files, gid);
  symlinkSync(fresh, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), data);
  link(folder, files);
  if (before !== undefined) rmSync(join(folder, before), { recursive: true });
  return true;
}

function writeAll(folder: string, files: Files, gid: number): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, { content, mode }] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    chownSync(file, 0, gid);
  }
}

function link(folder: string, files: Files): void {
  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  const present = readdirSync(folder).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!wanted.has(name)) rmSync(join(folder, name));
  for (const name of wanted) if (!present.includes(name)) symlinkSync(join('..data', name), join(folder, name));
}

function isSame(folder: string, files: Files): boolean {
  const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (present.length !== files.size) return false;
  return [...files].every(([path, { content }]) => {
    const file = join(folder, path);
    return existsSync(file) && readFileSync(file).equals(content);
  });
}
