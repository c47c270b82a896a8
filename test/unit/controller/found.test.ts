import { Ajv } from 'ajv';
import { expect } from 'chai';
import { acceptedSpec, type EtcdCluster, type EtcdClusterSpec, type EtcdClusterStatus } from '../../../api/index.js';
import { status as statusSchema } from '../../../api/v1alpha1/schema/status.js';
import { environment } from '../../../cmd/environment.js';
import { certificateSecrets, judgeCertificates } from '../../../controller/certificates-view.js';
import { difference } from '../../../controller/drift.js';
import { createController, Effects } from '../../../controller/index.js';
import { toData, type Identity } from '../../../controller/identity.js';
import { issueSecret } from '../../../controller/issue.js';
import { revisionObject, specHash } from '../../../controller/objects/revision.js';
import { observe } from '../../../controller/observe.js';
import { plan } from '../../../controller/plan.js';
import { rebuildIdentity } from '../../../controller/rebuild.js';
import { createReconcile, type ReconcilerOptions } from '../../../controller/reconcile.js';
import { isLiving, mayServe } from '../../../controller/situation.js';
import { statusOf } from '../../../controller/status/index.js';
import type { ClusterView } from '../../../controller/view.js';
import type { ClientPool, MemberClient } from '../../../etcd/index.js';
import { ApiError, type ApiClient, type KubeObject } from '../../../kube/index.js';
import { eventually } from '../../support/poll.js';
import { view } from './view-builder.js';

const owner = { name: 'orders', namespace: 'shop', uid: 'uid-orders' };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const day = 86_400_000;

const inVain =
  'owned objects: statefulsets/orders was done and is as before: something undoes it, mostly another admission webhook or controller';

/** A reconciler whose steps and statuses go nowhere; its policies are noted. */
const quietOptions = (done: string[]): object => ({
  cached: async () => 'cached',
  fresh: async () => 'fresh',
  act: async (_: unknown, policy: string) => void done.push(policy),
  client: { apply: async (_: unknown, object: unknown) => object },
  caches: { etcdClusters: { observe: () => undefined } },
  effects: new Effects({ instance: 'i', log: silent, mayAct: () => true }),
  recorder: { record: async () => undefined },
  log: silent,
});

/** Each was a bug once. */
describe('controller: what was found', () => {
  it('does not hear a member that answers for another cluster: a snapshot restored by hand cost the only volume', async () => {
    const spec: EtcdClusterSpec = { size: 1, tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } } };
    const ours = {
      ...owner,
      ownerReferences: [{ apiVersion: 'v1', kind: 'x', name: 'x', uid: owner.uid, controller: true }],
    };
    const member = {
      ordinal: 0,
      birth: 1,
      state: 'sealed',
      memberID: '0000000000000001',
      bornAt: 1,
      fileHash: 'x',
    } as const;
    const identity: Identity = {
      incarnation: '0badcafe',
      clusterID: '00000000000000c1',
      nextBirth: 2,
      members: [member],
    };
    const other = { clusterID: '00000000000000ee', memberID: '00000000000000f0' };
    const client = {
      status: async () => ({
        ...other,
        leader: other.memberID,
        raftTerm: 2n,
        raftIndex: 9n,
        raftAppliedIndex: 9n,
        revision: 4n,
        errors: [],
      }),
      members: async () => ({
        ...other,
        members: [{ id: other.memberID, name: 'default', peerURLs: [], clientURLs: [], isLearner: false }],
      }),
      linearizableRead: async () => ({ memberID: other.memberID, revision: 4n, raftTerm: 2n }),
      alarms: async () => [],
    } as unknown as MemberClient;
    const { etcd, accepted } = await observe(
      {
        cluster: {
          apiVersion: 'quorate.dev/v1alpha1',
          kind: 'EtcdCluster',
          metadata: { ...owner, generation: 1 },
          spec,
        } as ClusterView['cluster'],
        objects: new Map<string, KubeObject>([
          [
            'configMaps/orders-members',
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { ...ours, name: 'orders-members', resourceVersion: '1' },
              data: toData(identity, new Map()),
            },
          ],
          [
            'controllerRevisions/orders-spec-1',
            revisionObject(owner, { revision: 1, spec: acceptedSpec(spec), hash: specHash(spec) }),
          ],
        ]),
        pods: [
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'orders-0' },
            status: { podIP: '10.0.0.1', containerStatuses: [{ name: 'etcd', state: { running: {} } }] },
          },
        ],
        claims: [],
      },
      { environment, clients: { client: () => client } as unknown as ClientPool, probeDeadlineMs: 100 },
    );
    expect(accepted?.revision).to.equal(1);
    expect(etcd).to.deep.include({ foreign: other.clusterID, membership: undefined });
    expect(etcd?.probes.get(0)).to.deep.equal({ reachable: true });
  });

  it('does not rebuild a memory that leaves out members whose claims are being deleted', () => {
    const built = view().running(3).remembered().build();
    const { accepted } = built;
    if (!accepted) throw new Error('a running cluster has an accepted spec');
    const rebuilt = (ending: readonly number[]) =>
      rebuildIdentity({
        ...built,
        accepted,
        volumes: built.volumes.map((each) => ({ ...each, isDeleting: ending.includes(each.ordinal ?? -1) })),
      });
    expect(rebuilt([])?.identity.members).to.have.lengthOf(3);
    expect(rebuilt([1, 2])).to.equal(undefined);
  });

  it('rebuilds a memory after its loss was written to the status, and an operator died in between', () => {
    const running = view().running(3).remembered().build();
    const { accepted } = running;
    if (!accepted) throw new Error('a running cluster has an accepted spec');
    const status = { ...running.cluster.status, ...statusOf(running, undefined) };
    const lost = { ...running, identity: undefined, etcd: undefined, cluster: { ...running.cluster, status } };
    const written = statusOf(lost, plan(lost));
    expect(written.replicas).to.equal(3);
    const again = { ...lost, accepted, cluster: { ...lost.cluster, status: written } };
    expect(rebuildIdentity(again)?.identity.members).to.have.lengthOf(3);
  });

  it('gives members that are woken their time again', () => {
    const built = view()
      .running(1)
      .notLatched(60 * 60_000)
      .asleep()
      .build();
    const planned = plan(built);
    const [effect] = planned?.decision.kind === 'act' ? planned.decision.step.effects : [];
    const data = effect?.do === 'update' ? (effect.object['data'] as Record<string, string>) : {};
    expect(JSON.parse(data['identity.json'] ?? '{}')).to.have.nested.property('members[0].bornAt', built.now);
  });

  it('puts back whatever it sees changed of a Service, so that one patch is the last', () => {
    const built = view().running(3).build();
    const key = 'services/orders-client';
    const found = built.owned.get(key);
    if (!found) throw new Error('it has a client Service');
    const foreign = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'uid-x' };
    const ownerReferences = [...(found.metadata.ownerReferences ?? []), foreign];
    const changed = { ...found, metadata: { ...found.metadata, ownerReferences } };
    const planned = plan({ ...built, owned: new Map([...built.owned, [key, changed]]) });
    const [effect] = planned?.decision.kind === 'act' ? planned.decision.step.effects : [];
    const patch = effect?.do === 'patch' ? (effect.patch as { metadata: object; spec: object }) : undefined;
    const patched = { ...changed, metadata: { ...changed.metadata, ...patch?.metadata } };
    expect(plan({ ...built, owned: new Map([...built.owned, [key, patched]]) })).to.equal(undefined);
  });

  it('takes a foreign key out of a selector: one of them, and applications found no member behind the Service', () => {
    const built = view().running(3).build();
    const patches = ['services/orders-client', 'services/orders-peers', 'podDisruptionBudgets/orders'].map((key) => {
      const found = built.owned.get(key);
      if (!found) throw new Error(`it has ${key}`);
      const { selector } = found['spec'] as { selector: object };
      const spec = { ...(found['spec'] as object), selector: { ...selector, extra: 'x' } };
      const planned = plan({ ...built, owned: new Map([...built.owned, [key, { ...found, spec }]]) });
      const { effects, event } = planned?.decision.kind === 'act' ? planned.decision.step : { effects: [] };
      return effects.map((each) => [
        each.do === 'patch' && (each.patch as { spec: { selector: object } }).spec.selector,
        event?.note,
      ]);
    });
    const ours = { 'quorate.dev/cluster': 'orders' };
    const note = (target: string): string => `${target} was changed (.spec.selector.extra) and is put back`;
    expect(patches).to.deep.equal([
      [[{ ...ours, 'quorate.dev/serving': 'true', extra: null }, note('services/orders-client')]],
      [[{ ...ours, extra: null }, note('services/orders-peers')]],
      [[{ matchLabels: ours, extra: null }, note('poddisruptionbudgets/orders')]],
    ]);
  });

  it('keeps a status with an alarm of every member within its schema', () => {
    const built = view().running(3).build();
    const members = [...(built.etcd?.membership?.byOrdinal.values() ?? [])];
    const alarms = members.map(({ id }) => ({ memberID: id, type: 'NOSPACE' as const }));
    const probes = new Map([...(built.etcd?.probes ?? [])].map(([ordinal, probe]) => [ordinal, { ...probe, alarms }]));
    const ill = { ...built, etcd: built.etcd && { ...built.etcd, probes } };
    const validate = new Ajv({ strict: false, formats: { 'date-time': true, int32: true, int64: true } }).compile(
      statusSchema,
    );
    const status = statusOf(ill, plan(ill));
    expect(status.alarms).to.equal('NOSPACE');
    expect(validate(JSON.parse(JSON.stringify(status))), JSON.stringify(validate.errors)).to.equal(true);
  });

  it('does not take a step again that was answered and changed nothing: it was a hundred updates a pass, for ever', async () => {
    const [done, told]: [string[], string[]] = [[], []];
    const statuses: EtcdClusterStatus[] = [];
    const never = new AbortController().signal;
    const options = {
      ...quietOptions(done),
      observe: async () => {
        const status = statuses.at(-1);
        const built = view().running(3).replicasStillAt(1).build();
        return { ...built, cluster: { ...built.cluster, ...(status && { status }) } };
      },
      client: { apply: async (_: unknown, object: EtcdCluster) => (statuses.push(object.status ?? {}), object) },
      recorder: { record: async (_: unknown, { reason }: { reason: string }) => void told.push(reason) },
    } as unknown as ReconcilerOptions;
    const pass = async () => createReconcile(options)({ namespace: 'shop', name: 'orders' }, never).catch(String);
    expect([await pass(), await pass()]).to.deep.equal([`Error: ${inVain}`, `Error: ${inVain}`]);
    expect(done, 'once a pass').to.deep.equal(['owned objects', 'owned objects']);
    expect(
      told.filter((reason) => reason === 'StepWithoutEffect'),
      'told once',
    ).to.have.length(1);
    const stalled = statuses.map(({ conditions }) => conditions?.find(({ type }) => type === 'Stalled')?.message);
    // The second pass begins with what the first one ended with.
    expect(stalled).to.deep.equal(['nothing needs a person', inVain]);
  });

  it('takes no step of a certificate again that differs in its keys alone', async () => {
    const done: string[] = [];
    let count = 0;
    const options = {
      ...quietOptions(done),
      observe: async () =>
        view()
          .running(3)
          .certificate('orders-server-tls', { problem: 'RenewalDue', fingerprint: `${count++}`, notAfter: count })
          .build(),
    } as unknown as ReconcilerOptions;
    const ended = createReconcile(options)({ namespace: 'shop', name: 'orders' }, new AbortController().signal);
    expect(await ended.catch(String)).to.match(/secrets\/orders-server-tls was done and is as before/);
    expect(done).to.deep.equal(['certificates']);
  });

  it('looks afresh where its caches have not accepted the spec: the revision that did may have lost its label', async () => {
    const looks: string[] = [];
    const options = {
      ...quietOptions([]),
      observe: async (from: unknown) => {
        looks.push(String(from));
        return from === 'cached' ? view().running(3).size(5).refused().build() : view().running(3).build();
      },
    } as unknown as ReconcilerOptions;
    await createReconcile(options)({ namespace: 'shop', name: 'orders' }, new AbortController().signal);
    expect(looks).to.deep.equal(['cached', 'fresh']);
  });

  it('does not look for Secrets of a cluster that has no members to use them', async () => {
    const looks: string[] = [];
    const options = {
      ...quietOptions([]),
      observe: async (from: unknown) => {
        looks.push(String(from));
        return view().unborn(1).size(0).build();
      },
    } as unknown as ReconcilerOptions;
    await createReconcile(options)({ namespace: 'shop', name: 'orders' }, new AbortController().signal);
    expect(looks).to.deep.equal(['cached']);
  });

  it('leaves the selector of a StatefulSet that was mutated at its creation: it never changes', () => {
    const built = view().running(3).build();
    const key = 'statefulSets/orders';
    const found = built.owned.get(key);
    if (!found) throw new Error('it has a StatefulSet');
    const { selector } = found['spec'] as { selector: { matchLabels: object } };
    const mutated = { matchLabels: { ...selector.matchLabels, team: 'x' } };
    const changed = { ...found, spec: { ...(found['spec'] as object), selector: mutated } };
    expect(plan({ ...built, owned: new Map([...built.owned, [key, changed]]) })).to.equal(undefined);
    const resized = view().running(3).replicasStillAt(1).build();
    const planned = plan({
      ...resized,
      owned: new Map([...resized.owned, [key, { ...changed, spec: { ...changed.spec, replicas: 1 } }]]),
    });
    const [effect] = planned?.decision.kind === 'act' ? planned.decision.step.effects : [];
    expect(effect?.do === 'update' && (effect.object['spec'] as { selector: object }).selector).to.deep.equal(mutated);
  });

  it('looks for a Secret that is in no cache: one without its label made every pass mark all pods twice', async () => {
    const [looks, done]: [string[], string[]] = [[], []];
    const [whole, without] = [
      view().running(3).build(),
      view()
        .running(3)
        .certificate('orders-client-ca', { problem: 'Missing' })
        .certificate('orders-server-tls', { problem: 'Unfit', fingerprint: 'other' })
        .build(),
    ];
    const options = {
      ...quietOptions(done),
      observe: async (from: unknown) => (looks.push(String(from)), from === 'cached' ? without : whole),
    } as unknown as ReconcilerOptions;
    await createReconcile(options)({ namespace: 'shop', name: 'orders' }, new AbortController().signal);
    expect([looks, done]).to.deep.equal([['cached', 'fresh'], []]);
  });

  it('renews certificates although its status is refused', async () => {
    const built = view().running(3).certificate('orders-peer-tls', { problem: 'RenewalDue' }).build();
    const until = new AbortController();
    const done: string[] = [];
    const refuse = async () =>
      Promise.reject(new ApiError({ status: 422, reason: 'Invalid', message: 'status: Too long' }));
    const options = {
      cached: async () => ({}),
      fresh: async () => ({}),
      observe: async () => built,
      act: async (_: unknown, policy: string) => {
        done.push(policy);
        until.abort();
      },
      client: { apply: refuse },
      effects: new Effects({ instance: 'i', log: silent, mayAct: () => true }),
      recorder: { record: async () => undefined },
      log: silent,
    } as unknown as ReconcilerOptions;
    await createReconcile(options)({ namespace: 'shop', name: 'orders' }, until.signal);
    expect(done).to.deep.equal(['certificates']);
  });

  it('takes an empty list for the absent one that the API server makes of it', () => {
    expect(difference({ tolerations: [], containers: [{}] }, { containers: [{}] })).to.equal(undefined);
    expect(difference({ tolerations: [{ key: 'a' }] }, {})).to.equal('.tolerations');
  });

  it('leaves those who go in the client Service while nobody that stays is well', () => {
    const serving = (ill: boolean): (boolean | undefined)[] => {
      const built = (ill ? view().running(3).size(1).unhealthy(0) : view().running(3).size(1)).build();
      return isLiving(built) ? [0, 1, 2].map((ordinal) => mayServe(built, ordinal)) : [];
    };
    expect(serving(false)).to.deep.equal([true, false, false]);
    expect(serving(true)).to.deep.equal([true, true, true]);
  });

  it('issues leaves again that were issued by a clock that was ahead', async () => {
    const wanted = certificateSecrets({ namespace: 'shop', name: 'orders' }, acceptedSpec({ size: 3 }));
    const owned = new Map<string, KubeObject>();
    const built = { ...view().running(3).build(), owned };
    const ahead = { ...environment, clock: { ...environment.clock, now: () => Date.now() + 65 * day } };
    for (const secret of wanted) {
      const by = secret.content.kind === 'leaves' ? ahead : environment;
      owned.set(`secrets/${secret.name}`, await issueSecret(built, { secret }, by));
    }
    const judged = judgeCertificates(wanted, (name) => owned.get(`secrets/${name}`), Date.now());
    const problems = Object.fromEntries(judged.map(({ secret, problem }) => [secret.name, problem]));
    expect(problems).to.include({
      'orders-peer-ca': undefined,
      'orders-server-tls': 'RenewalDue',
      'orders-peer-tls': 'RenewalDue',
    });
  });

  it('does not issue leaves again and again under an authority that itself begins later', async () => {
    const wanted = certificateSecrets({ namespace: 'shop', name: 'orders' }, acceptedSpec({ size: 3 }));
    const owned = new Map<string, KubeObject>();
    const built = { ...view().running(3).build(), owned };
    const ahead = { ...environment, clock: { ...environment.clock, now: () => Date.now() + day } };
    for (const secret of wanted) owned.set(`secrets/${secret.name}`, await issueSecret(built, { secret }, ahead));
    const judged = judgeCertificates(wanted, (name) => owned.get(`secrets/${name}`), Date.now());
    expect(judged.flatMap(({ problem }) => problem ?? [])).to.deep.equal([]);
  });

  it('gives members that were never latched the newest options when they wake', () => {
    const built = view().running(1).notLatched().asleep().build();
    const { accepted } = built;
    if (!accepted) throw new Error('it has an accepted spec');
    const options = { ...accepted.spec.options, autoCompaction: { mode: 'Periodic' as const, period: '2h' } };
    const planned = plan({ ...built, accepted: { ...accepted, spec: { ...accepted.spec, options } } });
    const [effect] = planned?.decision.kind === 'act' ? planned.decision.step.effects : [];
    const data = effect?.do === 'update' ? (effect.object['data'] as Record<string, string>) : {};
    expect(data['orders-0.yaml']).to.match(/auto-compaction-retention: 2h/);
  });

  it('ends at a signal although its caches never fill', async () => {
    const down = async () => Promise.reject(new ApiError({ status: 0, reason: 'Connection', message: 'down' }));
    const client = { list: down } as unknown as ApiClient;
    const lease = { namespace: 'a', name: 'b', identity: 'c' };
    const controller = createController({ client, environment, log: silent, namespaces: [], lease, workers: 1 });
    const until = new AbortController();
    let ended: string | undefined;
    void controller.run(until.signal).then((how) => (ended = how));
    until.abort();
    await eventually('the end', 5_000, async () =>
      ended === undefined ? { done: false, seen: 'it waits' } : { done: true, value: ended },
    );
    expect(ended).to.equal('released');
  });
});
