// The groups of Go tools: which folder under go/ builds what, under which name, with which flags. Versions are pinned by the
// go.mod in that folder and read from it, so that they are written down once.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from './shape.js';

export interface Tool {
  readonly name: string;
  /** The package to build, or '.' for the main.go of the folder itself. */
  readonly package: string;
}

export interface Group {
  readonly name: string;
  readonly folder: string;
  readonly tools: readonly Tool[];
  readonly ldflags: string;
  /** YAML files of a module that are kept with the binaries. */
  readonly manifests?: { readonly module: string; readonly folder: string; readonly file: string };
}

// Found from the top of the checkout, because the compiled form of this file lies in a folder without Go sources.
function checkout(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (from === dirname(from)) throw new Error('localkube needs its Go sources: run it from a checkout');
  return checkout(dirname(from));
}

const goRoot = join(checkout(import.meta.dirname), 'test', 'localkube', 'go');

const own = (name: string, tool = name): Group => ({
  name,
  folder: join(goRoot, name),
  tools: [{ name: tool, package: '.' }],
  ldflags: '-s -w',
});

// etcd's server is package go.etcd.io/etcd/server/v3, so `go build` alone would call the binary "server".
const etcd = (name: string): Group => ({
  name,
  folder: join(goRoot, name),
  tools: [
    { name: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
    { name: 'etcdctl', package: 'go.etcd.io/etcd/etcdctl/v3' },
    { name: 'etcdutl', package: 'go.etcd.io/etcd/etcdutl/v3' },
  ],
  ldflags: '-s -w',
});

const kubernetesTools = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const;

/** The version a go.mod requires of a module, with its v. */
export function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((each) =>
    each
      .trim()
      .replace(/^require /, '')
      .startsWith(`${module} v`),
  );
  const version = line?.match(/ (v\d\S*)/)?.[1];
  if (version === undefined) throw new Error(`go.mod does not require ${module}`);
  return version;
}

// Without these the servers and every user agent in the audit log call themselves v0.0.0, and clients that look at the
// version go wrong.
function kubernetes(): Group {
  const folder = join(goRoot, 'kubernetes');
  const version = requiredVersion(readFileSync(join(folder, 'go.mod'), 'utf8'), 'k8s.io/kubernetes');
  const [major, minor] = version.slice(1).split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean', gitCommit: 'module' };
  const set = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap((where) => Object.entries(values).map(([key, value]) => `-X ${where}.${key}=${value ?? ''}`))
    .join(' ');
  return {
    name: 'kubernetes',
    folder,
    tools: kubernetesTools.map((name) => ({ name, package: `k8s.io/kubernetes/cmd/${name}` })),
    ldflags: `-s -w ${set}`,
  };
}

const etcdGroups = ['etcd-3.5.21', 'etcd-3.5', 'etcd-3.6', 'etcd-3.7'] as const;

/** In the order in which they are built when all are. */
export const groups: readonly Group[] = [
  ...etcdGroups.map(etcd),
  kubernetes(),
  own('coredns'),
  {
    ...own('cert-manager'),
    manifests: { module: 'github.com/cert-manager/cert-manager', folder: 'deploy/crds', file: 'crds.json' },
  },
  own('pause'),
  own('kstatus'),
];

export function group(name: string): Group {
  const found = groups.find((each) => each.name === name);
  if (found === undefined) {
    throw new UsageError(
      `no group of binaries ${JSON.stringify(name)}: must be one of ${groups.map((g) => g.name).join(', ')}`,
    );
  }
  return found;
}

/** The etcd versions that are built, oldest first, without the v. */
export const etcdVersions: readonly { readonly group: string; readonly version: string }[] = etcdGroups.map((name) => ({
  group: name,
  version: requiredVersion(readFileSync(join(goRoot, name, 'go.mod'), 'utf8'), 'go.etcd.io/etcd/server/v3').slice(1),
}));
