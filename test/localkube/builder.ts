// The cache of binaries: one folder for each group, named by a hash of everything that decides what comes out. A binary is
// built beside its place and renamed into it, so that a killed build leaves nothing that looks like one.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { must, run } from './exec.js';
import { group as findGroup, type Group, type Tool } from './groups.js';
import { withLock } from './lock.js';
import { requireGo } from './machine.js';
import { cacheDir } from './paths.js';

export type Log = (line: string) => void;

const buildEnv = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-buildvcs=false' } as const;

export function buildArguments(group: Group, tool: Tool, output: string): readonly string[] {
  return ['go', 'build', '-p', '2', '-trimpath', '-ldflags', group.ldflags, '-o', output, tool.package];
}

/** First 12 hex digits of SHA-256 over the group's sources and flags: the same sources are never built twice. */
export function groupHash(sources: ReadonlyMap<string, string>, group: Group): string {
  const hash = createHash('sha256');
  for (const [name, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${text.length}\0${text}`);
  }
  for (const tool of group.tools) hash.update(buildArguments(group, tool, tool.name).join('\0'));
  return hash.update(JSON.stringify(buildEnv)).digest('hex').slice(0, 12);
}

function sourcesOf(group: Group): ReadonlyMap<string, string> {
  const names = readdirSync(group.folder).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(join(group.folder, name), 'utf8')]));
}

export function groupDir(group: Group): string {
  return join(cacheDir(), `${group.name}-${groupHash(sourcesOf(group), group)}`);
}

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

async function buildTool(group: Group, tool: Tool, log: Log, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const target = join(groupDir(group), tool.name);
  const partial = `${target}.partial-${process.pid}`;
  const from = performance.now();
  const heartbeat = setInterval(() => {
    log(`  building ${group.name}/${tool.name} … ${seconds(from)}`);
  }, 15_000);
  try {
    const result = await run(buildArguments(group, tool, partial), { cwd: group.folder, env: buildEnv, signal });
    signal?.throwIfAborted();
    if (result.code !== 0) {
      throw new Error(
        `go build of ${group.name}/${tool.name} failed:\n${result.stderr.trim().split('\n').slice(-20).join('\n')}`,
      );
    }
  } finally {
    clearInterval(heartbeat);
  }
  chmodSync(partial, 0o755);
  renameSync(partial, target);
  log(`  built ${group.name}/${tool.name} in ${seconds(from)}`);
}

/** Manifests that a module ships, as one JSON list beside the binaries, so that using them needs neither Go nor a YAML parser. */
async function copyManifests(group: Group): Promise<void> {
  if (group.manifests === undefined) return;
  const { module, folder, file } = group.manifests;
  const target = join(groupDir(group), file);
  if (existsSync(target)) return;
  const dir = (await must(['go', 'list', '-m', '-f', '{{.Dir}}', module], { cwd: group.folder, env: buildEnv })).trim();
  const names = readdirSync(join(dir, folder)).filter((name) => name.endsWith('.yaml'));
  const objects = names.flatMap((name) =>
    parseAllDocuments(readFileSync(join(dir, folder, name), 'utf8')).map((document) => document.toJS() as unknown),
  );
  writeFileSync(`${target}.partial`, JSON.stringify(objects));
  renameSync(`${target}.partial`, target);
}

/** Makes every binary of the group that is not in the cache yet. Builders of the same group wait for each other. */
export async function build(
  name: string,
  log: Log = () => undefined,
  only?: string,
  signal?: AbortSignal,
): Promise<string> {
  const group = findGroup(name);
  const dir = groupDir(group);
  const wanted = group.tools.filter((tool) => only === undefined || tool.name === only);
  const missing = (): readonly Tool[] => wanted.filter((tool) => !existsSync(join(dir, tool.name)));
  const manifests = group.manifests === undefined || existsSync(join(dir, group.manifests.file));
  if (missing().length === 0 && manifests) return dir;
  await requireGo();
  mkdirSync(dir, { recursive: true });
  await withLock(
    join(dir, '.lock'),
    async () => {
      // What a killed build was about to write; under the lock nobody is writing now.
      for (const entry of readdirSync(dir)) if (entry.includes('.partial')) rmSync(join(dir, entry));
      for (const tool of missing()) await buildTool(group, tool, log, signal);
      await copyManifests(group);
    },
    (pid) => {
      log(`  waiting for process ${pid}, which is building ${name}`);
    },
    signal,
  );
  return dir;
}

/** Absolute path of a binary, built if it is absent. For example binary('etcd-3.6', 'etcdctl'). */
export async function binary(group: string, tool: string, log?: Log): Promise<string> {
  const known = findGroup(group).tools.map((each) => each.name);
  if (!known.includes(tool)) {
    throw new Error(`group ${group} has no tool ${JSON.stringify(tool)}: must be one of ${known.join(', ')}`);
  }
  return join(await build(group, log, tool), tool);
}
