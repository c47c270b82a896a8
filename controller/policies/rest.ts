/** Size 0 and back, and the volumes of those who left. */
import { names } from '../../api/names.js';
import { isBootstrapped, present, type MemberRecord } from '../identity.js';
import { updateMembers } from '../members-update.js';
import { memberFile, peerOf, sealedState } from '../objects/members.js';
import { desiredOf, isLiving, wantsToStop, type LivingView } from '../situation.js';
import { act, wait, type Effect, type Policy } from '../step.js';
import { volumeOf } from '../view.js';

/** All volumes stay: works at any health. One volume stays: the size policy has scaled in to it before. */
export const stop: Policy = {
  name: 'stop',
  decide(view) {
    if (!isLiving(view) || !wantsToStop(view) || view.identity.identity.stopped) return undefined;
    const { identity } = view.identity;
    const members = present(identity).length;
    const shrinksFirst = view.accepted.spec.storage.retentionPolicy.whenStopped === 'RetainOne' && members > 1;
    // Before the latch nobody was served and nobody can leave: all of it stops, and is born when it wakes.
    if (isBootstrapped(identity) && shrinksFirst) return undefined;
    const stopped = { ...identity, stopped: { size: members } };
    return act(`size 0 wanted, ${members} member(s) run`, [updateMembers(view, stopped)], {
      confirm: true,
      event: { type: 'Normal', reason: 'Stopping', note: `stopping ${members} member(s), volumes stay` },
    });
  },
};

/** Starts exactly the members that were stopped, on their own volumes; a change of size comes after. */
export const wake: Policy = {
  name: 'wake',
  decide(view) {
    if (!isLiving(view) || wantsToStop(view) || !view.identity.identity.stopped) return undefined;
    const { identity } = view.identity;
    if (view.pods.length > 0) return wait('pods of the former run are still stopping', 200);
    const missing = lostVolumes(view);
    if (missing.length > 0) return wait(`volumes are missing: ${missing.join(', ')}`, 10_000, 'VolumeMissing');
    const { stopped, ...awake } = identity;
    const desired = desiredOf(view);
    const ordinals = present(identity).map(({ ordinal }) => ordinal);
    const files = new Map<string, string>();
    const members = identity.members.map((member): MemberRecord => {
      // A joiner that never came up keeps the file it joins on; everyone else takes the newest options now.
      if (member.state !== 'sealed' && isBootstrapped(identity)) return { ...member, bornAt: view.now };
      const state =
        member.state === 'sealed'
          ? sealedState(desired, ordinals, member.ordinal)
          : { kind: 'new' as const, initialCluster: ordinals.map((each) => peerOf(desired, each)) };
      const file = memberFile(desired, identity, member, state);
      files.set(file.pod, file.text);
      // Deadlines count from this start.
      return { ...member, bornAt: view.now, fileHash: file.hash };
    });
    return act(
      `size ${view.accepted.spec.size} wanted, ${stopped?.size ?? 0} member(s) stopped`,
      [updateMembers(view, { ...awake, members }, files)],
      {
        confirm: true,
        event: { type: 'Normal', reason: 'Waking', note: `starting ${ordinals.length} member(s) on their own volumes` },
      },
    );
  },
};

/** Claims that a sealed member had and that are gone or hold something else. */
export function lostVolumes(view: LivingView): readonly string[] {
  const { identity } = view.identity;
  return present(identity)
    .filter(({ state, ordinal, birth }) => {
      if (state !== 'sealed') return false;
      const volume = volumeOf(view, ordinal);
      return (
        !volume ||
        volume.isDeleting ||
        volume.incarnation !== identity.incarnation ||
        (volume.birth !== undefined && volume.birth !== birth)
      );
    })
    .map(({ ordinal }) => names.volumeClaim(view.name, ordinal));
}

/** A volume goes only after its member has left the membership and its pod is on the way out; then the memory of it goes. */
export const volumes: Policy = {
  name: 'volumes',
  decide(view) {
    if (!isLiving(view) || !isBootstrapped(view.identity.identity)) return undefined;
    const { identity } = view.identity;
    const last = identity.members.at(-1);
    if (last?.state !== 'removed') return strays(view);
    const volume = volumeOf(view, last.ordinal);
    if (volume && !volume.isDeleting) {
      // Cannot be seen now: a stop that keeps all volumes must still get its turn.
      if (!hasLeft(view, last)) return undefined;
      return act(`${names.pod(view.name, last.ordinal)} left the membership`, [release(volume)], {
        confirm: true,
        event: { type: 'Normal', reason: 'VolumeReleased', note: `${volume.name} is released: its member was removed` },
      });
    }
    const forgotten = { ...identity, members: identity.members.slice(0, -1) };
    return act(`volume of ${names.pod(view.name, last.ordinal)} is released`, [updateMembers(view, forgotten)]);
  },
};

/** A claim that the StatefulSet controller made a moment after its member was given up. */
function strays(view: LivingView): ReturnType<Policy['decide']> {
  const { identity } = view.identity;
  const membership = view.etcd?.membership;
  if (!membership || identity.stopped) return undefined;
  const stray = view.volumes.find(
    ({ ordinal, incarnation, isDeleting, birth }) =>
      !isDeleting &&
      birth === undefined &&
      incarnation === identity.incarnation &&
      ordinal !== undefined &&
      ordinal >= identity.members.length &&
      !membership.byOrdinal.has(ordinal) &&
      !view.pods.some((pod) => pod.ordinal === ordinal),
  );
  if (!stray) return undefined;
  const why = `${stray.name} never held a member's data and none is to come`;
  return act(why, [release(stray)], {
    confirm: true,
    event: { type: 'Normal', reason: 'VolumeReleased', note: why },
  });
}

const release = ({ name, uid, resourceVersion }: { name: string; uid: string; resourceVersion: string }): Effect => ({
  do: 'delete',
  resource: 'persistentVolumeClaims',
  name,
  uid,
  resourceVersion,
});

function hasLeft(view: LivingView, member: MemberRecord): boolean {
  const membership = view.etcd?.membership;
  return membership !== undefined && !membership.list.members.some(({ id }) => id === member.memberID);
}
