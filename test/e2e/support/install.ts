/** Installs the operator as a user would, and waits until it works: both Deployments rolled out, and admission answers. */
import { kubectl, type Place } from '../../support/place.js';
import { eventually, type Seen } from '../../support/poll.js';

/** A cluster to install into; `load` where images are brought to its nodes by hand. */
export type Target = Place & { load?(archive: string): Promise<void> };

export interface InstallOptions {
  /** Path of the image's archive; absent: the nodes pull the image, or have it. */
  readonly archive?: string;
  /** Of a kustomization; absent: config/default. */
  readonly folder?: string;
  readonly deadlineMs?: number;
}

const namespace = 'quorate-system';
const deployments = ['quorate-controller', 'quorate-webhook'] as const;
const apply = ['apply', '--server-side', '-k'] as const;
/** As in the README; every suite runs in the project's folder. */
export const installCommand = [...apply, 'config/default'] as const;

export async function installOperator(target: Target, options: InstallOptions = {}): Promise<void> {
  if (options.archive !== undefined) await target.load?.(options.archive);
  await kubectl(target, options.folder === undefined ? installCommand : [...apply, options.folder]);
  await operatorReady(target, options.deadlineMs);
}

/** Waits until the installed operator serves. Fails with what was last seen of pods, or with the API server's words. */
export async function operatorReady(target: Target, deadlineMs = 120_000): Promise<void> {
  await Promise.all(
    deployments.map((name) => eventually(`rollout of ${name}`, deadlineMs, () => rolledOut(target, name), 500)),
  );
  await eventually('the webhook fills defaults', 60_000, () => admissionAnswers(target), 500);
}

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number; readonly selector: { readonly matchLabels: Record<string, string> } };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

async function rolledOut(target: Target, name: string): Promise<Seen<void>> {
  const found = await kubectl(target, ['get', 'deployment', name, '-n', namespace, '-o', 'json']);
  const { metadata, spec, status } = JSON.parse(found) as Deployment;
  const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
  const observed = (status.observedGeneration ?? 0) >= metadata.generation;
  if (observed && counts.every((count) => count === spec.replicas)) return { done: true, value: undefined };
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  return { done: false, seen: { status, pods: await podsSeen(target, selector.join(',')) } };
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly state: unknown }[];
  };
}

async function podsSeen(target: Target, selector: string): Promise<unknown> {
  const found = await kubectl(target, ['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']);
  return (JSON.parse(found) as { items: Pod[] }).items.map(({ metadata, status }) => ({
    pod: metadata.name,
    phase: status.phase,
    unmet: status.conditions
      ?.filter((condition) => condition.status !== 'True')
      .map(({ type, message }) => message ?? type),
    containers: status.containerStatuses?.map(({ restartCount, state }) => ({ restartCount, state })),
  }));
}

/** The version of etcd is a default that the webhook alone fills in: an answer that has one went through it. */
async function admissionAnswers(target: Target): Promise<Seen<void>> {
  const probe = {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name: 'is-admission-there', namespace: 'default' },
    spec: { size: 1 },
  };
  const asked = ['create', '--dry-run=server', '-o', 'jsonpath={.spec.version}', '-f', '-'];
  const version = await kubectl(target, asked, JSON.stringify(probe));
  return version === ''
    ? { done: false, seen: 'a spec was stored without defaults' }
    : { done: true, value: undefined };
}
