/** The whole view: the cluster, its memory, objects and certificates; real defaults, real builders of objects and files. */
import { acceptedSpec, apiVersion } from '../../../api/index.js';
import { names } from '../../../api/names.js';
import type { KubeObject } from '../../../kube/index.js';
import { certificateSecrets, type CertificatesView } from '../../../controller/certificates-view.js';
import { withAppliedHash } from '../../../controller/drift.js';
import { isBootstrapped, present, replicas, type Identity, type MemberRecord } from '../../../controller/identity.js';
import { disruptionBudget } from '../../../controller/objects/disruption-budget.js';
import type { Desired } from '../../../controller/objects/common.js';
import { memberFile, peerOf, sealedState } from '../../../controller/objects/members.js';
import { specHash } from '../../../controller/objects/revision.js';
import { clientService, peerService } from '../../../controller/objects/services.js';
import { statefulSet } from '../../../controller/objects/stateful-set.js';
import { marks } from '../../../controller/policies/upkeep.js';
import type { ClusterView, VolumeView } from '../../../controller/view.js';
import { etcdOf, podsOf, votersOf } from './view-members.js';
import { clusterID, now, owner, type ViewState } from './view-state.js';

export function viewOf(state: ViewState): ClusterView {
  const accepted = acceptedSpec({ ...state.spec, version: state.version });
  const desired = { owner, spec: accepted };
  const identity = identityOf(state);
  const files = new Map<string, string>();
  const members = identity.members.map((member) => {
    const file = fileOf(state, desired, identity, member);
    files.set(file.pod, file.text);
    return { ...member, fileHash: file.hash };
  });
  const whole: Identity = { ...identity, members };
  const presentFiles = new Map(
    [...files].filter(([pod]) => present(whole).some(({ ordinal }) => names.pod(owner.name, ordinal) === pod)),
  );
  const base: ClusterView = {
    now: state.clock,
    name: owner.name,
    namespace: owner.namespace,
    cluster: {
      apiVersion,
      kind: 'EtcdCluster',
      metadata: { ...owner, resourceVersion: '9', generation: 2, creationTimestamp: '2026-11-01T11:00:00Z' },
      spec: state.spec,
      ...(state.status && { status: state.status }),
    },
    accepted: { spec: accepted, revision: 1, name: 'orders-spec-1', hash: specHash(state.spec) },
    isSpecAccepted: state.causes.length === 0,
    revisions: [],
    verdict: { causes: state.causes, warnings: [] },
    identity: state.hasIdentity
      ? {
          identity: whole,
          uid: 'uid-cm',
          resourceVersion: '5',
          files: new Map([...presentFiles, ...state.damagedFiles]),
        }
      : undefined,
    isIdentityUnreadable: state.isUnreadable,
    owned: state.hasIdentity ? ownedOf(state, desired, whole) : new Map<string, KubeObject>(),
    conflicts: state.conflicts,
    pods: podsOf(state, whole),
    volumes: [...volumesOf(state, whole), ...state.extraVolumes],
    certificates: certificatesOf(state, accepted),
    etcd: etcdOf(state, desired),
    dice: 'feedf00d',
  };
  return state.stopped === undefined ? marked(base) : base;
}

function identityOf(state: ViewState): Identity {
  return {
    incarnation: '0badcafe',
    nextBirth: state.members.length + 1,
    members: state.members.map((member) => ({ ...member, fileHash: '' })),
    ...(state.bootstrapped && { clusterID }),
    ...(state.stopped !== undefined && { stopped: { size: state.stopped } }),
  };
}

function fileOf(state: ViewState, desired: Desired, identity: Identity, member: MemberRecord) {
  const joined = state.roles.map((_, ordinal) => ordinal);
  if (member.state !== 'joining')
    return memberFile(desired, identity, member, sealedState(desired, joined, member.ordinal));
  const kind = state.bootstrapped ? 'existing' : 'new';
  return memberFile(desired, identity, member, { kind, initialCluster: joined.map((each) => peerOf(desired, each)) });
}

function ownedOf(state: ViewState, desired: Desired, identity: Identity): Map<string, KubeObject> {
  const target =
    desired.spec.size > 0
      ? desired.spec.size
      : desired.spec.storage.retentionPolicy.whenStopped === 'RetainOne'
        ? 1
        : votersOf(state).length;
  const budget = identity.stopped
    ? null
    : disruptionBudget(owner, state.quorumAway ? present(identity).length : votersOf(state).length, target);
  const set = statefulSet({
    ...desired,
    incarnation: identity.incarnation,
    replicas: state.staleReplicas ?? replicas(identity),
  });
  const objects: (readonly [string, KubeObject])[] = [
    ['services', peerService(owner)],
    ['services', clientService(owner, isBootstrapped(identity))],
    ['statefulSets', set],
    ...(budget ? [['podDisruptionBudgets', budget] as const] : []),
  ];
  const owned = new Map(
    objects.map(([kind, object]): [string, KubeObject] => {
      const stored = withAppliedHash(object);
      return [
        `${kind}/${object.metadata.name}`,
        { ...stored, metadata: { ...stored.metadata, uid: 'uid-o', resourceVersion: '7' } },
      ];
    }),
  );
  for (const edit of state.edits) edit(owned);
  return owned;
}

function volumesOf(state: ViewState, identity: Identity): VolumeView[] {
  return identity.members
    .filter(({ ordinal }) => !state.lostVolumes.has(ordinal))
    .map(({ ordinal, birth, memberID }) => ({
      name: names.volumeClaim(owner.name, ordinal),
      ordinal,
      uid: `uid-volume-${ordinal}`,
      resourceVersion: '3',
      incarnation: identity.incarnation,
      clusterID,
      birth,
      memberID,
      isDeleting: false,
    }));
}

function certificatesOf(state: ViewState, spec: ReturnType<typeof acceptedSpec>): CertificatesView {
  return certificates(spec).map((each) => ({ ...each, ...state.judgements.get(each.secret.name) }));
}

const day = 86_400_000;

const certificates = (spec: ReturnType<typeof acceptedSpec>): CertificatesView =>
  certificateSecrets(owner, spec).map((secret) => ({
    secret,
    object: { uid: 'uid-s', resourceVersion: '1' },
    fingerprint: 'f1',
    ...(secret.content.kind === 'authority'
      ? { notAfter: now + 3_640 * day }
      : { notAfter: now + 80 * day, renewAt: now + 50 * day }),
  }));

/** With the labels and annotations that the plan itself would put on the pods: at rest there is nothing to mark. */
function marked(view: ClusterView): ClusterView {
  const decision = marks.decide(view);
  if (decision?.kind !== 'act') return view;
  const pods = view.pods.map((each) => {
    const effect = decision.step.effects.find((candidate) => candidate.do === 'patch' && candidate.name === each.name);
    if (effect?.do !== 'patch') return each;
    const { labels = {}, annotations = {} } = (
      effect.patch as { metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } }
    ).metadata;
    return { ...each, labels, annotations };
  });
  return { ...view, pods };
}
