import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SecretFolder {
  readonly path: string;
  readonly files: { readonly cert: string; readonly key: string; readonly clientCa: string };
  /** Swaps all contents at once, the way the kubelet does: a new folder, then the `..data` link renamed over the old. */
  swap(contents: Readonly<Record<string, string>>): void;
  remove(): void;
}

/** A folder as a mounted Secret looks from inside a container. */
export function secretFolder(): SecretFolder {
  const path = mkdtempSync(join(tmpdir(), 'quorate-secret-'));
  let version = 0;
  const linked = new Set<string>();
  return {
    path,
    files: { cert: join(path, 'tls.crt'), key: join(path, 'tls.key'), clientCa: join(path, 'ca.crt') },
    swap(contents) {
      const folder = `..version_${++version}`;
      mkdirSync(join(path, folder));
      for (const [name, text] of Object.entries(contents)) writeFileSync(join(path, folder, name), text);
      symlinkSync(folder, join(path, '..data_tmp'));
      renameSync(join(path, '..data_tmp'), join(path, '..data'));
      for (const name of Object.keys(contents)) {
        if (linked.has(name)) continue;
        linked.add(name);
        symlinkSync(join('..data', name), join(path, name));
      }
      rmSync(join(path, `..version_${version - 1}`), { recursive: true, force: true });
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
