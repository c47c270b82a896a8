import type { ImageLayout } from './paths.js';

interface ImageSource {
  readonly version: string;
  readonly image: {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    readonly layout: ImageLayout;
  };
}

/** The image reference that members run: repository, then tag (by default that of the version), then the digest where one is given. */
export function imageReference(spec: ImageSource): string {
  const { repository, tag, digest, layout } = spec.image;
  const named = tag !== '' ? tag : layout === 'Official' ? `v${spec.version}` : spec.version;
  return `${repository}:${named}${digest === '' ? '' : `@${digest}`}`;
}
