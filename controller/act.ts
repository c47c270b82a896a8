/** Performs one step: the only place of the controller that changes anything. Each effect goes through the effect wrapper. */
import { memberHost, names, ports } from '../api/names.js';
import type { Environment } from '../api/index.js';
import type { ClientPool, MemberClient } from '../etcd/index.js';
import { resources, type ApiClient, type KubeObject, type WriteOptions } from '../kube/index.js';
import type { EffectRecord, Effects } from './effects.js';
import type { Caches } from './gather.js';
import { issueSecret } from './issue.js';
import { operatorCertificates } from './observe.js';
import { preconditionOf, targetOf, type Effect, type Step } from './step.js';
import { podOf, type ClusterView } from './view.js';

export interface ActOptions {
  readonly client: ApiClient;
  readonly caches: Caches;
  readonly clients: ClientPool;
  readonly effects: Effects;
  readonly environment: Environment;
}

export type Act = (view: ClusterView, policy: string, step: Step) => Promise<void>;

export const fieldManager = 'quorate';

/** The API server takes a caller's audit ID: each write stands in its log under the effect's own name. */
export const audited = ({ id }: EffectRecord): { readonly headers: Readonly<Record<string, string>> } => ({
  headers: { 'Audit-ID': id },
});

/** How long a membership change may take: longer than etcd's own limit would only hide an answer that does not come. */
const etcdDeadlineMs = 2_000;

export function createActor(options: ActOptions): Act {
  const { effects } = options;
  return async function act(view, policy, step) {
    for (const effect of step.effects) {
      const intent = {
        cluster: `${view.namespace}/${view.name}`,
        policy,
        verb: effect.do,
        target: targetOf(view.name, effect),
        evidence: step.why,
        precondition: preconditionOf(effect),
      };
      await effects.perform(intent, (record) => perform(options, view, effect, record));
    }
  };
}

async function perform(options: ActOptions, view: ClusterView, effect: Effect, record: EffectRecord): Promise<void> {
  const write: WriteOptions = { fieldManager, ...audited(record) };
  switch (effect.do) {
    case 'create':
    case 'update':
    case 'patch':
      options.caches[effect.resource].observe(await writeObject(options.client, view, effect, write));
      return;
    case 'delete':
      await remove(options.client, view, effect, write);
      return;
    case 'issue':
      await issue(options, view, effect, write);
      return;
    default:
      await changeMembership(options, view, effect);
  }
}

type Written = Extract<Effect, { do: 'create' | 'update' | 'patch' }>;

function writeObject(client: ApiClient, view: ClusterView, effect: Written, write: WriteOptions): Promise<KubeObject> {
  const resource = resources[effect.resource];
  switch (effect.do) {
    case 'create':
      return client.create(resource, effect.object, write);
    case 'update':
      return client.update(resource, effect.object, write);
    case 'patch':
      return client.mergePatch(resource, { namespace: view.namespace, name: effect.name }, effect.patch, {
        ...write,
        subresource: effect.subresource,
      });
  }
}

type Deletion = Extract<Effect, { do: 'delete' }>;

async function remove(
  client: ApiClient,
  view: ClusterView,
  effect: Deletion,
  { headers }: WriteOptions,
): Promise<void> {
  const { resource, name, uid, resourceVersion } = effect;
  await client.remove(resources[resource], { namespace: view.namespace, name }, { uid, headers, resourceVersion });
}

type Issue = Extract<Effect, { do: 'issue' }>;

async function issue(
  options: ActOptions,
  view: ClusterView,
  { certificate }: Issue,
  write: WriteOptions,
): Promise<void> {
  const { client, caches, environment } = options;
  const secret = await issueSecret(view, certificate, environment);
  const how = certificate.object === undefined ? 'create' : 'update';
  caches.secrets.observe(await client[how](resources.secrets, secret, write));
}

type MembershipEffect = Extract<Effect, { do: 'add-learner' | 'promote' | 'remove-member' | 'move-leader' }>;

/** Sent once. An answer that does not come is seen in the next pass, by what the membership is then. */
async function changeMembership(options: ActOptions, view: ClusterView, effect: MembershipEffect): Promise<void> {
  const deadline = { deadlineMs: etcdDeadlineMs };
  switch (effect.do) {
    case 'add-learner':
      await memberClient(options, view, via(view)).addLearner(effect.peerURL, deadline);
      return;
    case 'promote':
      await memberClient(options, view, effect.leader).promote(effect.memberID, deadline);
      return;
    case 'remove-member':
      await memberClient(options, view, effect.via).remove(effect.memberID, deadline);
      return;
    case 'move-leader':
      await memberClient(options, view, effect.from).moveLeader(effect.memberID, deadline);
      return;
  }
}

/** The leader's ordinal, or any that answers: a follower passes the request on. */
function via(view: ClusterView): number {
  const membership = view.etcd?.membership;
  const able = [...(membership?.byOrdinal ?? [])].filter(([, { id }]) => membership?.healthy.has(id));
  const [ordinal] = able.find(([, { id }]) => id === membership?.leader) ?? able[0] ?? [0];
  return ordinal;
}

function memberClient({ clients }: ActOptions, view: ClusterView, ordinal: number): MemberClient {
  const domain = view.accepted?.spec.clusterDomain ?? 'cluster.local';
  const ip = podOf(view, ordinal)?.ip ?? '';
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const { client: tls } = operatorCertificates(view.owned.get(`secrets/${names.operatorCertificate(view.name)}`));
  const serverName = memberHost({ name: view.name, namespace: view.namespace, domain }, ordinal);
  return clients.client({ address: `${host}:${ports.client}`, serverName, tls });
}
