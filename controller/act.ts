/** Performs one step: the only place of the controller that changes anything. Each effect goes through the effect wrapper. */
import { memberHost, names, ports } from '../api/names.js';
import type { Environment } from '../api/index.js';
import type { ClientPool, MemberClient } from '../etcd/index.js';
import { resources, type ApiClient, type KubeObject, type WriteOptions } from '../kube/index.js';
import type { EffectRecord, Effects } from './effects.js';
import type { Caches } from './gather.js';
import { issueSecret } from './issue.js';
import { operatorCertificates } from './observe.js';
import type { Effect, ResourceName, Step } from './step.js';
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

/** Sent with each write, so that the API server's own record of requests can be held against the log of effects. */
export const effectHeader = 'X-Quorate-Effect';

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
        target: targetOf(view, effect),
        evidence: step.why,
        precondition: preconditionOf(effect),
      };
      await effects.perform(intent, (record) => perform(options, view, effect, record));
    }
  };
}

async function perform(options: ActOptions, view: ClusterView, effect: Effect, record: EffectRecord): Promise<void> {
  const { client, caches } = options;
  const write: WriteOptions = { fieldManager, headers: { [effectHeader]: String(record.number) } };
  const at = { namespace: view.namespace };
  const remember = (resource: ResourceName, object: KubeObject): void => caches[resource].observe(object);
  switch (effect.do) {
    case 'create':
      return remember(effect.resource, await client.create(resources[effect.resource], effect.object, write));
    case 'update':
      return remember(effect.resource, await client.update(resources[effect.resource], effect.object, write));
    case 'apply':
      return remember(
        effect.resource,
        await client.apply(resources[effect.resource], effect.object, { ...write, force: true }),
      );
    case 'patch': {
      const name = effect.name;
      const how = effect.subresource === undefined ? write : { ...write, subresource: effect.subresource };
      return remember(
        effect.resource,
        await client.mergePatch(resources[effect.resource], { ...at, name }, effect.patch, how),
      );
    }
    case 'delete': {
      const { resource, name, uid, resourceVersion } = effect;
      const headers = write.headers;
      await client.remove(
        resources[resource],
        { ...at, name },
        { uid, headers, ...(resourceVersion !== undefined && { resourceVersion }) },
      );
      return;
    }
    case 'issue': {
      const secret = await issueSecret(view, effect.certificate, options.environment);
      const isNew = effect.certificate.object === undefined;
      return remember(
        'secrets',
        await (isNew
          ? client.create(resources.secrets, secret, write)
          : client.update(resources.secrets, secret, write)),
      );
    }
    case 'add-learner':
    case 'promote':
    case 'remove-member':
    case 'move-leader':
      return changeMembership(options, view, effect);
  }
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

function targetOf(view: ClusterView, effect: Effect): string {
  switch (effect.do) {
    case 'create':
    case 'update':
    case 'apply':
      return `${effect.resource}/${effect.object.metadata.name}`;
    case 'patch':
      return `${effect.resource}/${effect.name}${effect.subresource === undefined ? '' : `/${effect.subresource}`}`;
    case 'delete':
      return `${effect.resource}/${effect.name}`;
    case 'issue':
      return `secrets/${effect.certificate.secret.name}`;
    case 'move-leader':
      return `member/${names.pod(view.name, effect.to)}`;
    case 'add-learner':
    case 'promote':
    case 'remove-member':
      return `member/${names.pod(view.name, effect.ordinal)}`;
  }
}

function preconditionOf(effect: Effect): string {
  switch (effect.do) {
    case 'create':
      return 'absent';
    case 'update':
    case 'apply': {
      const { uid = '', resourceVersion } = effect.object.metadata;
      return `uid=${uid}${resourceVersion === undefined ? '' : `,resourceVersion=${resourceVersion}`}`;
    }
    case 'patch':
      return `uid=${(effect.patch as { metadata?: { uid?: string } }).metadata?.uid ?? ''}`;
    case 'delete':
      return `uid=${effect.uid}${effect.resourceVersion === undefined ? '' : `,resourceVersion=${effect.resourceVersion}`}`;
    case 'issue':
      return effect.certificate.object ? `resourceVersion=${effect.certificate.object.resourceVersion}` : 'absent';
    case 'add-learner':
      return `peerURL=${effect.peerURL}`;
    case 'promote':
    case 'remove-member':
    case 'move-leader':
      return `memberID=${effect.memberID}`;
  }
}
