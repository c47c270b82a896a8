import { expect } from 'chai';
import { acceptedSpec } from '../../../api/index.js';
import { labels } from '../../../api/names.js';
import { environment } from '../../../cmd/environment.js';
import { fromServer } from '../../../controller/gather.js';
import { revisionObject, specHash } from '../../../controller/objects/revision.js';
import { observe } from '../../../controller/observe.js';
import { plan } from '../../../controller/plan.js';
import type { ClientPool } from '../../../etcd/index.js';
import type { ApiClient, KubeObject, Resource } from '../../../kube/index.js';

const owner = { name: 'orders', namespace: 'shop', uid: 'uid-orders' };
const cluster = { apiVersion: 'quorate.dev/v1alpha1', kind: 'EtcdCluster', metadata: owner, spec: { size: 3 } };

/** Ours, of the spec as it is or of one before. */
function ours(revision: number, size: number): KubeObject {
  const spec = { size };
  return revisionObject(owner, { revision, spec: acceptedSpec(spec), hash: specHash(spec) });
}

function edited(object: KubeObject, metadata: Partial<KubeObject['metadata']>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

const unlabelled = (object: KubeObject): KubeObject => edited(object, { labels: {} });
const foreign = (object: KubeObject): KubeObject => edited(object, { ownerReferences: [] });

/** An API server that holds the cluster and these revisions. */
function holding(revisions: readonly KubeObject[], spec: object): ApiClient {
  const get = async ({ plural }: Resource, { name }: { name: string }): Promise<unknown> => {
    if (plural === 'etcdclusters') return { ...cluster, spec };
    return plural === 'controllerrevisions' ? revisions.find(({ metadata }) => metadata.name === name) : undefined;
  };
  const list = async ({ plural }: Resource): Promise<unknown> => {
    const isListed = ({ metadata }: KubeObject): boolean => metadata.labels?.[labels.cluster] === owner.name;
    return { items: plural === 'controllerrevisions' ? revisions.filter(isListed) : [] };
  };
  return { get, list } as unknown as ApiClient;
}

/** What a pass does about the spec, from a fresh reading. */
async function said(revisions: readonly KubeObject[], spec: object = cluster.spec): Promise<string> {
  const gathered = await fromServer(holding(revisions, spec))(owner);
  if (!gathered) throw new Error('there is a cluster');
  const clients = {} as ClientPool;
  const decision = plan(await observe(gathered, { environment, clients, probeDeadlineMs: 1 }))?.decision;
  if (decision?.kind !== 'act')
    return `${decision?.stalled ?? 'waits'} in ${decision?.againInMs ?? 0}: ${decision?.why}`;
  return decision.step.effects
    .map((effect) => ('object' in effect ? effect.object.metadata.name : effect.do))
    .join(', ');
}

const conflict = (name: string): string =>
  `NameConflict in 30000: objects of these names belong to someone else: controllerRevisions/${name}`;

interface Row {
  readonly when: string;
  readonly there: readonly KubeObject[];
  readonly spec?: object;
  readonly then: string;
}

const rows: readonly Row[] = [
  { when: 'none is there', there: [], then: 'orders-spec-1' },
  { when: 'one of a former spec is there', there: [ours(1, 1)], then: 'orders-spec-2' },
  {
    when: 'someone else has the first name, without our label',
    there: [foreign(unlabelled(ours(1, 3)))],
    then: conflict('orders-spec-1'),
  },
  {
    when: 'someone else has the next name, without our label',
    there: [ours(4, 1), foreign(unlabelled(ours(5, 3)))],
    then: conflict('orders-spec-5'),
  },
  {
    when: 'someone else has a name of ours, with our label',
    there: [ours(4, 1), foreign(ours(7, 3))],
    then: conflict('orders-spec-7'),
  },
  {
    when: 'someone else has, with our label, a name that is not of ours, and the next without',
    there: [ours(1, 1), edited(foreign(ours(8, 1)), { name: 'stock-8' }), foreign(unlabelled(ours(2, 3)))],
    then: conflict('orders-spec-2'),
  },
  {
    when: 'two newer ones of ours lost their label',
    there: [ours(1, 1), unlabelled(ours(2, 5)), unlabelled(ours(3, 1))],
    then: 'orders-spec-4',
  },
  {
    when: 'ours of the next name cannot be read',
    there: [ours(1, 1), edited(ours(2, 3), { annotations: {} })],
    then: conflict('orders-spec-2'),
  },
  {
    when: 'someone else has the next name and the spec is refused, so that it is not to be latched',
    there: [ours(1, 3), foreign(unlabelled(ours(2, 4)))],
    spec: { size: 4 },
    then: 'orders-members',
  },
  {
    when: 'someone else has the next name and the cluster is paused',
    there: [ours(1, 3), foreign(unlabelled(ours(2, 3)))],
    spec: { size: 3, paused: true },
    then: 'waits in 30000: paused',
  },
  {
    when: 'the spec is latched and someone else has the name after that',
    there: [ours(1, 3), foreign(unlabelled(ours(2, 3)))],
    then: 'orders-members',
  },
];

describe('the name of the next revision', () => {
  for (const { when, there, spec, then } of rows)
    it(`when ${when}: ${then}`, async () => expect(await said(there, spec)).to.equal(then));
});
