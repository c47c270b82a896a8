// Brings an instance up, step by step, each timed; takes it down again when a step fails or is interrupted.
import { controlPlanePackages, ensurePackages, nodePackages } from './packages.js';
import { applyStorageClass, startCertManager, startProvisioner } from './addons.js';
import * as cgroups from './cgroups.js';
import { build, type Log } from './builder.js';
import { Cluster } from './cluster.js';
import { adminApi, startControlPlane, writeFiles } from './control-plane.js';
import { imagesRoot } from './image-cache.js';
import { raiseInotifyLimit } from './kernel-settings.js';
import { requireRoot } from './machine.js';
import { addControlPlane, addNode, addPodRoutes } from './network.js';
import type { Making } from './making.js';
import { nodeReady, startNode } from './node.js';
import { isAlive, recorded } from './processes.js';
import { planOf, readInstance, register, sameBoot, withInstanceLock, withMachineLock, writeInstance } from './state.js';
import type { Instance } from './state.js';
import { checkName, shapeOf, type Shape } from './shape.js';
import { anyTrace, removeShared, tearDown } from './teardown.js';

export interface UpOptions {
  readonly name: string;
  readonly nodes?: number;
  readonly controlPlaneOnly?: boolean;
  readonly certManager?: boolean;
  readonly log?: Log;
  /** Never the one that is up already: what a killed run left has another state, and the operator of that day. */
  readonly fresh?: boolean;
  /** Aborting takes down what is there so far; up then rejects with the reason. */
  readonly signal?: AbortSignal;
}

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

export async function up(options: UpOptions): Promise<Cluster> {
  checkName(options.name);
  const shape = shapeOf(options);
  const log = options.log ?? (() => undefined);
  requireRoot();
  const { name, signal } = options;
  try {
    await ensurePackages(shape.controlPlaneOnly ? controlPlanePackages : nodePackages, log);
    for (const group of groupsFor(shape)) await build(group, log, undefined, signal);
    return await withInstanceLock(name, { log, signal }, async () => {
      return (await existing(options, shape, log)) ?? (await create(name, shape, log, signal));
    });
  } catch (error) {
    await removeShared();
    throw error;
  }
}

const groupsFor = (shape: Shape): readonly string[] => [
  'etcd-3.6',
  'kubernetes',
  'coredns',
  ...(shape.certManager ? ['cert-manager'] : []),
];

/** The instance that runs already, as asked; undefined when there is none, after what a crash left was removed. */
async function existing({ name, fresh }: UpOptions, shape: Shape, log: Log): Promise<Cluster | undefined> {
  const instance = fresh === true ? undefined : readInstance(name);
  if (instance !== undefined && (await isWhole(instance))) {
    if (JSON.stringify(shape) === JSON.stringify(shapeOf(instance))) {
      log(`${name} is up already`);
      return new Cluster(instance);
    }
    throw new Error(`${name} is up with ${described(shapeOf(instance))}: run down first, or choose another --name`);
  }
  if (anyTrace(name)) {
    log(`${name} was left ${fresh === true ? '' : 'half '}up: removing what there is`);
    await tearDown(name);
  }
  return undefined;
}

function described({ nodes, certManager }: Shape): string {
  const has = nodes === 0 ? 'a control plane only' : `${nodes} node${nodes === 1 ? '' : 's'}`;
  return `${has}, cert-manager ${certManager ? 'on' : 'off'}`;
}

async function isWhole(instance: Instance): Promise<boolean> {
  if (instance.phase !== 'up' || !sameBoot(instance)) return false;
  if (!recorded(instance.name).every((process) => process.stopped === true || isAlive(process))) return false;
  const api = adminApi(instance.name, planOf(instance));
  try {
    await api.text('/readyz', { timeoutMs: 5000 });
    return true;
  } catch {
    return false;
  } finally {
    api.close();
  }
}

async function create(name: string, shape: Shape, log: Log, signal: AbortSignal | undefined): Promise<Cluster> {
  const began = performance.now();
  try {
    const instance = await register(name, shape);
    const making: Making = { name, plan: planOf(instance), log, signal };
    for (const [what, work] of stepsFor(instance)) {
      signal?.throwIfAborted();
      const from = performance.now();
      await work(making);
      log(`${what} (${seconds(from)})`);
    }
    writeInstance({ ...instance, phase: 'up' });
    log(`${name} is up in ${seconds(began)}`);
    return new Cluster(instance);
  } catch (error) {
    log(`taking ${name} down again`);
    await tearDown(name);
    throw error;
  }
}

type Step = readonly [what: string, work: (making: Making) => Promise<void>];

function stepsFor(instance: Instance): readonly Step[] {
  const { name } = instance;
  return [
    ['certificates and settings', writeFiles],
    [
      'network and control groups',
      async ({ plan }) => {
        cgroups.addGroups(
          name,
          plan.nodes.map((node) => node.name),
        );
        await withMachineLock(async () => {
          raiseInotifyLimit();
          await addControlPlane(plan);
          for (const node of plan.nodes) await addNode(plan, node);
        });
        await addPodRoutes(plan);
      },
    ],
    ['control plane', startControlPlane],
    ['storage class', applyStorageClass],
    ...(instance.certManager ? [['cert-manager', startCertManager] as const] : []),
    ...(instance.controlPlaneOnly ? [] : [['nodes', startNodes] as const]),
  ];
}

async function startNodes(making: Making): Promise<void> {
  startProvisioner(making);
  const images = await imagesRoot(making.log);
  await Promise.all(making.plan.nodes.map((node) => startNode(making, node, images)));
  await Promise.all(making.plan.nodes.map((node) => nodeReady(making, node)));
}
