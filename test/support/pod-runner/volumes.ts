import type { Api } from '../api.js';
import type { Files } from './files.js';
import type { FileItem, FileSource, KeyRef, Pod, Volume } from './types.js';

/** A volume cannot be shown yet: its object or key is not there. The kubelet waits and tries again. */
export class NotMountable extends Error {
  readonly code = 'NOT_MOUNTABLE';
}

interface FileHolder {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** What a volume shows as files, read from the API server now; undefined for a volume that is not made of files. */
export async function filesOf(api: Api, pod: Pod, volume: Volume): Promise<Files | undefined> {
  const sources = sourcesOf(volume);
  if (sources === undefined) return undefined;
  // A volume with an fsGroup is made readable to that group, whatever its mode says.
  const extra = pod.spec.securityContext?.fsGroup === undefined ? 0 : 0o440;
  const defaultMode = (volume.configMap ?? volume.secret ?? volume.projected)?.defaultMode ?? 0o644;
  const parts = await Promise.all(sources.map((source) => read(api, pod.metadata.namespace, source)));
  return new Map(
    parts.flat().map(({ path, content, mode }) => [path, { content, mode: (mode ?? defaultMode) | extra }] as const),
  );
}

function sourcesOf(volume: Volume): FileSource[] | undefined {
  if (volume.configMap) return [{ kind: 'configmaps', ...volume.configMap }];
  if (volume.secret) return [{ kind: 'secrets', ...volume.secret, name: volume.secret.secretName }];
  return volume.projected?.sources.flatMap(({ configMap, secret }): FileSource[] => {
    if (configMap) return [{ kind: 'configmaps', ...configMap }];
    if (secret) return [{ kind: 'secrets', ...secret }];
    throw new NotMountable(`volume ${volume.name}: this projected source is not supported`);
  });
}

interface Part {
  readonly path: string;
  readonly content: Buffer;
  readonly mode?: number | undefined;
}

async function read(api: Api, namespace: string, source: FileSource): Promise<Part[]> {
  const contents = await contentsOf(api, namespace, source.kind, source.name);
  if (contents === undefined) {
    if (source.optional === true) return [];
    throw new NotMountable(`${source.kind} "${source.name}" not found`);
  }
  const items: readonly FileItem[] = source.items ?? [...contents.keys()].map((key) => ({ key, path: key }));
  return items.flatMap(({ key, path, mode }) => {
    const content = contents.get(key);
    if (content !== undefined) return [{ path, content, mode }];
    if (source.optional === true) return [];
    throw new NotMountable(`${source.kind} "${source.name}" has no key ${key}`);
  });
}

async function contentsOf(
  api: Api,
  namespace: string,
  kind: FileSource['kind'],
  name: string,
): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const holder = await api.find<FileHolder>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  if (holder === undefined) return undefined;
  const encoding = kind === 'secrets' ? 'base64' : 'utf8';
  return new Map([
    ...Object.entries(holder.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)] as const),
    ...Object.entries(holder.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
  ]);
}

/** A single key, for an environment variable. */
export async function keyOf(
  api: Api,
  namespace: string,
  kind: FileSource['kind'],
  { name, key, optional }: KeyRef,
): Promise<string | undefined> {
  const content = (await contentsOf(api, namespace, kind, name))?.get(key);
  if (content === undefined && optional !== true) throw new NotMountable(`${kind} "${name}" has no key ${key}`);
  return content?.toString();
}
