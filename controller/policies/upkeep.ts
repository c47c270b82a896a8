/** Owned objects, kept as the identity and the accepted spec want them. Nothing here touches the membership or a volume. */
import { annotations as keys, labels, names } from '../../api/names.js';
import { difference, mergePatchOf, withAppliedHash } from '../drift.js';
import { isBootstrapped, present, replicas, type MemberRecord } from '../identity.js';
import { updateMembers } from '../members-update.js';
import { disruptionBudget } from '../objects/disruption-budget.js';
import { memberFile, peerOf, sealedState } from '../objects/members.js';
import { clientService, peerService } from '../objects/services.js';
import { statefulSet } from '../objects/stateful-set.js';
import { desiredOf, isLiving, mayServe, targetSize, type LivingView } from '../situation.js';
import { act, wait, type Effect, type Policy, type ResourceName } from '../step.js';
import type { ClusterView, PodView } from '../view.js';
import type { KubeObject } from '../../kube/index.js';
import { fileDamage, objectDamage } from './damage.js';
import { createHash } from 'node:crypto';

/** Services, disruption budget: independent of each other, so one batch. */
export const owned: Policy = {
  name: 'owned objects',
  decide(view) {
    if (!isLiving(view)) return undefined;
    const { owner } = desiredOf(view);
    const voters = view.etcd?.membership?.voters.length ?? present(view.identity.identity).length;
    const isRunning = view.identity.identity.stopped === undefined;
    const budget = isRunning ? disruptionBudget(owner, voters, targetSize(view)) : null;
    const effects = [
      ...keep(view, 'services', peerService(owner)),
      ...keep(view, 'services', clientService(owner, isBootstrapped(view.identity.identity))),
      ...(budget
        ? keep(view, 'podDisruptionBudgets', budget)
        : drop(view, 'podDisruptionBudgets', names.disruptionBudget(owner.name))),
    ];
    return effects.length > 0 ? act(effects.map(describe).join(', '), effects, objectDamage(view, effects)) : undefined;
  },
};

/** A member file that was edited or lost is put back before anything starts on it. */
export const files: Policy = {
  name: 'owned objects',
  decide(view) {
    if (!isLiving(view)) return undefined;
    const { identity, files: texts } = view.identity;
    const damaged = present(identity).filter(
      ({ ordinal, fileHash }) => hash(texts.get(names.pod(view.name, ordinal))) !== fileHash,
    );
    const strays = [...texts.keys()].filter(
      (pod) => !present(identity).some(({ ordinal }) => names.pod(view.name, ordinal) === pod),
    );
    if (damaged.length === 0 && strays.length === 0) return undefined;
    const changed = new Map<string, string>();
    let next = identity;
    for (const member of damaged) {
      const file = render(view, member);
      if (!file)
        return wait(
          `the file of ${names.pod(view.name, member.ordinal)} is damaged, and the membership is not known now`,
          2_000,
        );
      changed.set(file.pod, file.text);
      next = {
        ...next,
        members: next.members.map((each) =>
          each.ordinal === member.ordinal ? { ...each, fileHash: file.hash } : each,
        ),
      };
    }
    return act('member files differ from what was rendered', [updateMembers(view, next, changed)], {
      confirm: true,
      ...fileDamage(
        damaged.map(({ ordinal }) => names.pod(view.name, ordinal)),
        strays,
      ),
    });
  },
};

/** A joiner's list must be the membership as it is, so without one its file cannot be rendered. */
function render(view: LivingView, member: MemberRecord): ReturnType<typeof memberFile> | undefined {
  const desired = desiredOf(view);
  const { identity } = view.identity;
  const ordinals = present(identity).map(({ ordinal }) => ordinal);
  if (member.state === 'sealed')
    return memberFile(desired, identity, member, sealedState(desired, ordinals, member.ordinal));
  if (!isBootstrapped(identity)) {
    return memberFile(desired, identity, member, {
      kind: 'new',
      initialCluster: ordinals.map((each) => peerOf(desired, each)),
    });
  }
  const membership = view.etcd?.membership;
  if (!membership) return undefined;
  const joined = [...membership.byOrdinal.keys()].sort((a, b) => a - b);
  return memberFile(desired, identity, member, {
    kind: 'existing',
    initialCluster: joined.map((each) => peerOf(desired, each)),
  });
}

/**
 * Replicas follow the identity, which is written and read back before a pod can start on it: the step is confirmed by a
 * fresh read.
 */
export const workload: Policy = {
  name: 'owned objects',
  decide(view) {
    if (!isLiving(view)) return undefined;
    const { identity } = view.identity;
    const object = statefulSet({ ...desiredOf(view), incarnation: identity.incarnation, replicas: replicas(identity) });
    const effects = keep(view, 'statefulSets', object);
    if (effects.length === 0) return undefined;
    const missing = view.certificates.filter(({ problem }) => problem === 'Missing' || problem === 'Unfit');
    const found = view.owned.get(`statefulSets/${object.metadata.name}`)?.['spec'] as { replicas?: number } | undefined;
    // Whoever leaves or stops needs no certificate.
    if (missing.length > 0 && replicas(identity) > (found?.replicas ?? 0))
      return wait(`certificates are not fit: ${missing.map(({ secret }) => secret.name).join(', ')}`, 1_000);
    return act(`replicas ${replicas(identity)}: ${effects.map(describe).join(', ')}`, effects, {
      confirm: true,
      ...objectDamage(view, effects),
    });
  },
};

/**
 * Labels take learners and leavers out of the client Service; the annotation changes with a member's files and certificates, which makes
 * its kubelet look at once (measured: 0.3 s instead of up to a minute).
 */
export const marks: Policy = {
  name: 'owned objects',
  decide(view) {
    if (!isLiving(view)) return undefined;
    const effects = view.pods.flatMap((pod) => mark(view, pod));
    return effects.length > 0 ? act(effects.map(describe).join(', '), effects) : undefined;
  },
};

function mark(view: LivingView, pod: PodView): readonly Effect[] {
  if (pod.isDeleting) return [];
  const metadata = { ...servingLabel(view, pod), ...filesAnnotation(view, pod) };
  if (Object.keys(metadata).length === 0) return [];
  return [{ do: 'patch', resource: 'pods', name: pod.name, patch: { metadata: { uid: pod.uid, ...metadata } } }];
}

function servingLabel(view: LivingView, pod: PodView): object {
  // Before the bootstrap is latched the Service selects nothing, so the label of the template may stay.
  const serving = isBootstrapped(view.identity.identity) ? mayServe(view, pod.ordinal) : undefined;
  if (serving === undefined || pod.labels[labels.serving] === String(serving)) return {};
  return { labels: { [labels.serving]: String(serving) } };
}

function filesAnnotation(view: LivingView, pod: PodView): object {
  const member = view.identity.identity.members[pod.ordinal];
  if (member?.state !== 'sealed') return {};
  const content = fileMark(view, member);
  return content === undefined || pod.annotations[keys.files] === content
    ? {}
    : { annotations: { [keys.files]: content } };
}

/** Undefined while a certificate that the pod mounts cannot be judged: there is nothing new to look at. */
function fileMark(view: LivingView, member: MemberRecord): string | undefined {
  const mounted = [names.serverCertificate(view.name), names.peerCertificate(view.name)];
  const prints = view.certificates
    .filter(({ secret }) => mounted.includes(secret.name))
    .map(({ fingerprint }) => fingerprint);
  return prints.every(Boolean) ? hash([member.fileHash, ...prints].join('\n')).slice(0, 16) : undefined;
}

function hash(text: string | undefined): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

/** Creates an absent object, puts a differing one of ours back. */
function keep(view: ClusterView, resource: ResourceName, object: KubeObject): readonly Effect[] {
  const found = view.owned.get(`${resource}/${object.metadata.name}`);
  const wanted = withAppliedHash(object);
  if (!found) return [{ do: 'create', resource, object: wanted }];
  const desired = resource === 'statefulSets' ? withSelectorOf(found, wanted) : wanted;
  if (found.metadata.deletionTimestamp !== undefined || !difference(desired, found)) return [];
  const { uid = '', resourceVersion = '' } = found.metadata;
  // A StatefulSet is replaced as a whole: what the user took out of podTemplate must go, whoever else wrote it.
  if (resource === 'statefulSets') {
    return [
      { do: 'update', resource, object: { ...desired, metadata: { ...desired.metadata, uid, resourceVersion } } },
    ];
  }
  // A merge patch and not an apply: a port that another manager owns would stay beside ours for ever.
  const { annotations, ownerReferences } = desired.metadata;
  const metadata = { uid, resourceVersion, labels: desired.metadata.labels, annotations, ownerReferences };
  const patch = mergePatchOf({ metadata, spec: desired['spec'] }, found) as object;
  return [{ do: 'patch', resource, name: object.metadata.name, patch }];
}

/** The selector of a StatefulSet never changes: one that an admission webhook added to at its creation stays as it is. */
const withSelectorOf = (found: KubeObject, wanted: KubeObject): KubeObject => ({
  ...wanted,
  spec: { ...(wanted['spec'] as object), selector: (found['spec'] as { selector?: unknown } | undefined)?.selector },
});

function drop(view: ClusterView, resource: ResourceName, name: string): readonly Effect[] {
  const found = view.owned.get(`${resource}/${name}`);
  if (!found || found.metadata.deletionTimestamp !== undefined) return [];
  const { uid = '', resourceVersion } = found.metadata;
  return [{ do: 'delete', resource, name, uid, resourceVersion }];
}

function describe(effect: Effect): string {
  if ('object' in effect) return `${effect.do} ${effect.resource}/${effect.object.metadata.name}`;
  if ('name' in effect) return `${effect.do} ${effect.resource}/${effect.name}`;
  return effect.do;
}
