// Container images of static binaries, made by hand as OCI archives: one layer, a config, a manifest, an index.
import { createHash } from 'node:crypto';
import { tar, type Entry } from './tar.js';

export interface ImageOf {
  /** The full name that pods ask for, registry and tag included. */
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly body: Buffer }[];
  readonly command: readonly string[];
}

const digest = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Go's and Docker's names for the machine's architecture. */
export const architecture = (arch: string = process.arch): string => (arch === 'x64' ? 'amd64' : arch);

function foldersOf(paths: readonly string[]): readonly string[] {
  const all = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(all)].sort();
}

/** As the images that etcd's project publishes: root by default, no shell, nothing but the binaries. */
function layerOf(image: ImageOf): Buffer {
  const passwd = 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n';
  return tar([
    ...foldersOf([...image.files.map((file) => file.path), 'etc/passwd']).map((path): Entry => ({ path })),
    { path: 'tmp', mode: 0o1777 },
    { path: 'etc/passwd', body: Buffer.from(passwd) },
    ...image.files.map((file): Entry => ({ path: file.path, body: file.body, mode: 0o755 })),
  ]);
}

export function imageArchive(image: ImageOf): Buffer {
  const layer = layerOf(image);
  const config = json({
    architecture: architecture(),
    os: 'linux',
    config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], Cmd: image.command, WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] },
    history: [{ created_by: 'localkube' }],
  });
  const described = (mediaType: string, body: Buffer): Readonly<Record<string, unknown>> => ({
    mediaType,
    digest: `sha256:${digest(body)}`,
    size: body.length,
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described('application/vnd.oci.image.config.v1+json', config),
    layers: [described('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        ...described('application/vnd.oci.image.manifest.v1+json', manifest),
        // This is where `ctr images import` takes the name from.
        annotations: {
          'io.containerd.image.name': image.name,
          'org.opencontainers.image.ref.name': image.name.split(':')[1],
        },
        platform: { architecture: architecture(), os: 'linux' },
      },
    ],
  });
  const blob = (body: Buffer): Entry => ({ path: `blobs/sha256/${digest(body)}`, body });
  return tar([
    { path: 'blobs' },
    { path: 'blobs/sha256' },
    blob(config),
    blob(layer),
    blob(manifest),
    { path: 'index.json', body: index },
    { path: 'oci-layout', body: json({ imageLayoutVersion: '1.0.0' }) },
  ]);
}
