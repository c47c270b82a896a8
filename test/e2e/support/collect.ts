/** What a failed test leaves behind: logs, events and objects of its namespaces, in a folder named by the test. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Place } from '../../support/place.js';

/** Objects that tell the story; Secrets are only listed, because artifacts travel. */
const kinds = [
  'etcdclusters.quorate.dev',
  'statefulsets.apps',
  'controllerrevisions.apps',
  'pods',
  'persistentvolumeclaims',
  'configmaps',
  'services',
  'endpointslices.discovery.k8s.io',
  'poddisruptionbudgets.policy',
  'leases.coordination.k8s.io',
];

/**
 * Writes them under artifacts/ and gives the folder. It never throws for what cannot be had: the answer stands in the file instead, and
 * the test's own failure stays what is told.
 */
export async function collect(
  place: Place,
  test: string,
  namespaces: readonly string[],
  files: readonly string[] = [],
): Promise<string> {
  const folder = await folderOf(test);
  const write = (name: string, args: readonly string[]): Promise<void> =>
    answerOf(place, args).then((text) => writeFile(join(folder, name), text));
  await Promise.all([
    write('nodes-and-volumes.yaml', ['get', 'nodes,persistentvolumes', '-o', 'yaml']),
    ...namespaces.flatMap((namespace) => [
      write(`${namespace}.events.txt`, [
        'get',
        'events',
        '-n',
        namespace,
        '--sort-by=.metadata.creationTimestamp',
        '-o',
        'wide',
      ]),
      write(`${namespace}.secrets.txt`, ['get', 'secrets', '-n', namespace, '--show-labels']),
      ...kinds.map((kind) =>
        write(`${namespace}.${kind.split('.')[0] ?? kind}.yaml`, ['get', kind, '-n', namespace, '-o', 'yaml']),
      ),
      podLogs(place, namespace, folder),
    ]),
    keep(folder, files),
  ]);
  return folder;
}

/** Where there is no Kubernetes to ask any more: files and folders alone, each under its own name. */
export async function collectFiles(test: string, files: readonly string[]): Promise<string> {
  const folder = await folderOf(test);
  await keep(folder, files);
  return folder;
}

async function keep(folder: string, files: readonly string[]): Promise<void> {
  await Promise.all(
    files.map((file) => cp(file, join(folder, basename(file)), { recursive: true }).catch(() => undefined)),
  );
}

async function folderOf(test: string): Promise<string> {
  const folder = join('artifacts', slug(test));
  await mkdir(folder, { recursive: true });
  return folder;
}

const slug = (test: string): string =>
  test
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100);

async function answerOf(place: Place, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await place.kubectl(args, { timeoutMs: 20_000 });
    return stdout + stderr;
  } catch (error) {
    return `kubectl ${args.join(' ')}: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly containers: readonly { readonly name: string }[] };
    readonly status: {
      readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
    };
  }[];
}

/** The log of every container, and of its run before, where there was one: that is the one that failed. */
async function podLogs(place: Place, namespace: string, folder: string): Promise<void> {
  const pods = await answerOf(place, ['get', 'pods', '-n', namespace, '-o', 'json']);
  const runs = runsOf(pods).map(async ({ pod, container, isPrevious }) => {
    const args = ['logs', pod, '-n', namespace, '-c', container, '--timestamps', ...(isPrevious ? ['--previous'] : [])];
    const file = `${namespace}.${pod}.${container}${isPrevious ? '.previous' : ''}.log`;
    await writeFile(join(folder, file), await answerOf(place, args));
  });
  await Promise.all(runs);
}

interface Run {
  readonly pod: string;
  readonly container: string;
  readonly isPrevious: boolean;
}

function runsOf(pods: string): Run[] {
  let list: PodList;
  try {
    list = JSON.parse(pods) as PodList;
  } catch {
    return [];
  }
  return list.items.flatMap(({ metadata, spec, status }) =>
    spec.containers.flatMap(({ name: container }) => {
      const restarts = status.containerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0;
      const run = { pod: metadata.name, container };
      return [{ ...run, isPrevious: false }, ...(restarts > 0 ? [{ ...run, isPrevious: true }] : [])];
    }),
  );
}
