import { expect } from 'chai';
import fc from 'fast-check';
import { plan } from '../../../controller/plan.js';
import { targetOf, type Effect } from '../../../controller/step.js';
import type { ClusterView } from '../../../controller/view.js';
import { view, type ViewBuilder } from './view-builder.js';
import { World } from './world.js';

/** A cluster of any size, somewhere on any way, and how often its operator dies. */
const starts = fc.record({
  /** None: nothing was ever there. */
  voters: fc.integer({ min: 0, max: 7 }),
  leader: fc.nat(6),
  change: fc.constantFrom('none', 'listed', 'joining', 'started', 'sealed', 'left', 'released', 'forgotten'),
  isStopped: fc.boolean(),
  whenStopped: fc.constantFrom('RetainAll', 'RetainOne'),
  version: fc.constantFrom('3.5.21', '3.6.16'),
  /** The operator dies after so many effects of a step, one entry a step. */
  deaths: fc.array(fc.nat(4), { maxLength: 12 }),
});
type Start = typeof starts extends fc.Arbitrary<infer T> ? T : never;

function halfWay({ voters, leader, change, whenStopped, version }: Start): ViewBuilder {
  if (voters === 0) return view().onVersion(version).unborn(0);
  const built = view()
    .onVersion(version)
    .running(voters)
    .whenStopped(whenStopped)
    .ledBy(leader % voters);
  const mayGrow = voters < 7;
  const leaver = leader % voters === voters - 1 ? built.ledBy(0) : built;
  if (change === 'listed' && mayGrow) return built.learner('none');
  if (change === 'joining' && mayGrow) return built.learner('joining');
  if (change === 'started' && mayGrow) return built.learner('joining', { started: true });
  if (change === 'sealed' && mayGrow) return built.learner('sealed', { started: true });
  if (voters < 2) return built;
  if (change === 'left') return leaver.departed('sealed');
  if (change === 'released') return leaver.departed('removed');
  return change === 'forgotten' ? leaver.departed('removed').withoutVolume(voters - 1) : built;
}

function begin(start: Start, size: number): World {
  const built = halfWay(start).size(size);
  const awake = built.build();
  const membership = awake.etcd?.membership;
  const at = start.isStopped && start.voters > 0 ? built.asleep().build() : awake;
  return new World(at, new Map(membership?.byOrdinal), membership?.leader);
}

type Check = (effect: Effect, now: ClusterView, list: World['list']) => boolean;

/** What no effect may ever be, at the moment at which it is asked for. A voter is never added: there is no such effect. */
const forbidden: Readonly<Record<string, Check>> = {
  'a second learner that has not started': ({ do: what }, _, list) =>
    what === 'add-learner' && [...list.values()].some(({ name }) => name === ''),
  'a second learner where etcd allows one': ({ do: what }, { accepted }, list) =>
    what === 'add-learner' &&
    accepted?.spec.version.startsWith('3.5') === true &&
    [...list.values()].some(({ isLearner }) => isLearner),
  'a promotion on an unsealed file': (effect, { identity }) =>
    effect.do === 'promote' && identity?.identity.members[effect.ordinal]?.state !== 'sealed',
  'the removal of the leader': (effect, { etcd }) =>
    effect.do === 'remove-member' && etcd?.membership?.leader === effect.memberID,
  'the release of the volume of a member': (effect, { volumes }, list) =>
    effect.do === 'delete' && volumes.some(({ name, ordinal = -1 }) => name === effect.name && list.has(ordinal)),
  'a second beginning': (effect, { identity }) =>
    effect.do === 'create' && effect.resource === 'configMaps' && identity !== undefined,
  'the stop of a member': (effect, { pods, identity }, list) =>
    effect.do === 'update' &&
    effect.resource === 'statefulSets' &&
    identity?.identity.stopped === undefined &&
    pods.some(
      ({ ordinal }) => list.has(ordinal) && ordinal >= (effect.object['spec'] as { replicas: number }).replicas,
    ),
};

const votersOf = (world: World): string[] =>
  [...world.list.values()].flatMap(({ id, isLearner }) => (isLearner ? [] : [id]));

/** Until there is nothing left to do or to happen. Gives what was done, for the message of a failure. */
function walk(world: World, deaths: readonly number[]): readonly string[] {
  const done: string[] = [];
  for (let pass = 0; pass < 150; pass++) {
    const planned = plan(world.view());
    const decision = planned?.decision;
    if (decision?.kind !== 'act') {
      if (world.settle()) continue;
      if (decision) throw new Error(`waits for ever: ${decision.why}, after ${done.join(', ')}`);
      return done;
    }
    const before = votersOf(world);
    for (const effect of decision.step.effects.slice(0, deaths[pass])) {
      const what = `${effect.do} ${targetOf('orders', effect)}`;
      const wrong = Object.keys(forbidden).find((each) => forbidden[each]?.(effect, world.view(), world.list));
      if (wrong !== undefined) throw new Error(`${what} is ${wrong}, after ${done.join(', ')}`);
      world.apply(effect);
      done.push(what);
    }
    const after = votersOf(world);
    const changed = [...before, ...after].filter((id) => !(before.includes(id) && after.includes(id)));
    if (changed.length > 1) throw new Error(`${changed.length} voters changed at once, after ${done.join(', ')}`);
  }
  throw new Error(`does not end: ${done.slice(-20).join(', ')}`);
}

/** What is there at the end. */
function summary(world: World): object {
  const { identity, pods, volumes } = world.view();
  return {
    pods: pods.length,
    voters: votersOf(world).length,
    learners: world.list.size - votersOf(world).length,
    sealed: identity?.identity.members.filter(({ state }) => state === 'sealed').length ?? 0,
    volumes: volumes.length,
    isStopped: identity?.identity.stopped !== undefined,
  };
}

const numRuns = 100;

describe('plan: from any state', function () {
  this.timeout(60_000);

  it('comes to the wanted size, one voter at a time, though the operator dies on the way', () => {
    fc.assert(
      fc.property(starts, fc.constantFrom(1, 3, 5, 7), (start, size) => {
        const world = begin(start, size);
        const done = walk(world, start.deaths);
        const all = { voters: size, pods: size, sealed: size, volumes: size };
        expect(summary(world), done.join(', ')).to.deep.equal({ ...all, learners: 0, isStopped: false });
      }),
      { numRuns },
    );
  });

  it('comes to a stop that keeps what the policy says', () => {
    fc.assert(
      fc.property(starts, (start) => {
        fc.pre(start.voters > 0 && !start.isStopped);
        const world = begin(start, 0);
        const kept = start.whenStopped === 'RetainOne' ? 1 : votersOf(world).length;
        const done = walk(world, start.deaths);
        const all = { voters: kept, pods: 0, sealed: kept, volumes: kept };
        expect(summary(world), done.join(', ')).to.deep.equal({ ...all, learners: 0, isStopped: true });
      }),
      { numRuns },
    );
  });
});
