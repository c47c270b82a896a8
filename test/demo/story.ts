/** The demo itself, told step by step; run by main.ts as a process group of its own. */
import { installCommand, operatorReady } from '../e2e/support/install.js';
import { up } from '../localkube/index.js';
import type { Place } from '../support/place.js';
import { pause } from '../support/poll.js';
import { startWriter, type Writer } from '../support/writer.js';
import { ensureImage } from '../../tools/image/build.js';
import { existingPlace } from './existing-place.js';
import { forwarded, type Forward } from './forward.js';
import type { Options } from './options.js';
import { startRemoteWriter } from './remote-writer.js';
import { print, Screen } from './screen.js';
import { clusterName, demoNamespace, mistaken, ofSize } from './spec.js';
import { settled } from './settled.js';

const screen = new Screen();
const inNamespace = ['-n', demoNamespace] as const;
const members =
  '{range .status.members[*]}{.id}{"  "}{.name}{"  "}{.version}{"  leader="}{.leader}{"  healthy="}{.healthy}{"\\n"}{end}';

async function story(options: Options): Promise<void> {
  const place = options.context === undefined ? await localPlace(options.name) : existingPlace(options.context);
  await look(place);
  await install(place);
  await refused(place);
  await created(place);
  const took = await underAWriter(place, options.context !== undefined);
  await whatStands(place);
  screen.title('The end');
  print(took);
  screen.say(`\nAll of it took ${screen.seconds()}.`);
  farewell(options);
}

/** Image and cluster are made side by side: the one waits for downloads while the other compiles. */
async function localPlace(name: string): Promise<Place> {
  screen.title('A Kubernetes of three nodes in three zones, and the image of the operator, from this checkout');
  const image = ensureImage((line) => screen.progress(`image    ${line}`));
  const cluster = up({ name, nodes: 3, certManager: true, log: (line) => screen.progress(`cluster  ${line}`) });
  const [{ reference, archive }, place] = await Promise.all([image, cluster]);
  screen.progress(`image    ${reference} into every node`);
  await place.load(archive);
  screen.say(`\nkubectl below means: npm run localkube -- kubectl --name ${name}`);
  return place;
}

async function look(place: Place): Promise<void> {
  await screen.mustKubectl(place, ['get', 'nodes', '-L', 'topology.kubernetes.io/zone']);
}

async function install(place: Place): Promise<void> {
  screen.title('Install');
  const from = performance.now();
  await screen.mustKubectl(place, installCommand);
  await operatorReady(place);
  screen.say(`\nRolled out, and admission answers, after ${screen.seconds(from)}.`);
  await screen.mustKubectl(place, ['get', 'pods', '-n', 'quorate-system', '-o', 'wide']);
}

async function refused(place: Place): Promise<void> {
  screen.title('Two mistakes in one spec: refused while still typing, with both reasons');
  await screen.mustKubectl(place, ['create', 'namespace', demoNamespace]);
  const enforce = 'pod-security.kubernetes.io/enforce=restricted';
  await screen.mustKubectl(place, ['label', 'namespace', demoNamespace, enforce]);
  const { code, text } = await screen.kubectl(place, ['apply', ...inNamespace, '-f', '-'], mistaken);
  screen.say(`\nExit code ${code}.`);
  const missing = ['spec.size', 'spec.version'].filter((field) => !text.includes(field));
  if (code === 0 || missing.length > 0) throw new Error(`the spec was not refused for ${missing.join(' and ')}`);
}

async function created(place: Place): Promise<void> {
  screen.title('One member');
  await resize(place, 1);
  await screen.mustKubectl(place, ['get', 'etcdcluster,statefulset,pod,pvc,service,secret', ...inNamespace]);
}

/** Applies a size and waits until the cluster is there; gives the seconds it took. */
async function resize(place: Place, size: number): Promise<number> {
  const from = performance.now();
  await screen.mustKubectl(place, ['apply', ...inNamespace, '-f', '-'], ofSize(size));
  await settled(place, size, (line) => screen.progress(line));
  screen.say(`Reached after ${screen.seconds(from)}.`);
  return (performance.now() - from) / 1000;
}

/** 1 → 3 → 1 → 0 → 1; gives the table of what the writer saw. */
async function underAWriter(place: Place, isRemote: boolean): Promise<string> {
  screen.title(
    'A writer begins: a new key every 20 ms, through the client Service, over TLS, giving up after a second',
  );
  const forward: Forward | undefined = isRemote ? await forwarded(place) : undefined;
  const writer = forward
    ? await startRemoteWriter(place, forward.address)
    : await startWriter({ cluster: place, namespace: demoNamespace, name: clusterName });
  try {
    writer.mark('size 1');
    await pause(3000);
    screen.title('1 → 3');
    await phase(place, writer, 3);
    await screen.mustKubectl(place, ['get', 'pods', ...inNamespace, '-o', 'wide']);
    await screen.mustKubectl(place, ['get', 'etcdcluster', clusterName, ...inNamespace, '-o', `jsonpath=${members}`]);
    screen.title('3 → 1');
    await phase(place, writer, 1);
    screen.title('1 → 0: stopped, one volume kept');
    await phase(place, writer, 0);
    await screen.mustKubectl(place, ['get', 'pods,pvc', ...inNamespace]);
    screen.title('0 → 1: woken');
    await phase(place, writer, 1, 'woken');
    await writer.stop();
    return await judged(writer);
  } finally {
    await writer.stop();
    forward?.stop();
  }
}

async function phase(place: Place, writer: Writer, size: number, label = `→ ${size}`): Promise<void> {
  writer.mark(label);
  await resize(place, size);
  // Long enough for the writer to show that the new size serves.
  await pause(size === 0 ? 1000 : 3000);
}

async function judged(writer: Writer): Promise<string> {
  screen.title('Every acknowledged key is read back');
  const { acknowledged, stored, revision } = await writer.verify();
  print(`${acknowledged} keys acknowledged, ${stored} stored, none lost, none changed; revision ${revision}`);
  return await writer.table();
}

async function whatStands(place: Place): Promise<void> {
  screen.title('Members, certificates, events');
  await screen.mustKubectl(place, ['get', 'etcdcluster', ...inNamespace, '-o', 'wide']);
  await screen.mustKubectl(place, ['get', 'etcdcluster', clusterName, ...inNamespace, '-o', `jsonpath=${members}`]);
  const certificates = 'jsonpath={range .status.certificates[*]}{.name}{" until "}{.notAfter}{"\\n"}{end}';
  await screen.mustKubectl(place, ['get', 'etcdcluster', clusterName, ...inNamespace, '-o', certificates]);
  await screen.mustKubectl(place, ['events', '--for', `etcdcluster/${clusterName}`, ...inNamespace]);
}

function farewell({ name, context, downAfter }: Options): void {
  if (downAfter) return;
  if (context !== undefined) {
    print(`\nLook around in the namespace ${demoNamespace}; kubectl delete namespace ${demoNamespace} takes it away.`);
    return;
  }
  print(`
Look around:
  npm run localkube -- kubectl --name ${name} -n ${demoNamespace} get etcdclusters
  npm run localkube -- kubectl --name ${name} explain etcdcluster.spec.storage.retentionPolicy
  npm run localkube -- kubectl --name ${name} -n ${demoNamespace} scale etcdcluster ${clusterName} --replicas=5
  npm run localkube -- kubectl --name ${name} -n quorate-system logs deployment/quorate-controller
Take it down:
  npm run localkube -- down --name ${name}`);
}

try {
  await story(JSON.parse(process.argv[2] ?? '{}') as Options);
} catch (error) {
  print(`\nThe demo failed after ${screen.seconds()}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
