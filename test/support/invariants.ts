/**
 * The safety invariants of DESIGN.md §6 as far as an effect log alone can be judged by them: 2 (voters change one at a time, on sealed
 * files), 3 (`new` once), 4 (volumes go last), 5 (a leader does not leave), 7 (preconditions). Pure.
 *
 * Every cluster's effects are read in their order as the story of its members. An effect that failed may have been carried out all the
 * same, its reply lost; so a member can be more than one thing until a later effect's evidence tells which.
 */
import { names, ordinalOf } from '../../api/names.js';
import type { EffectRecord } from '../../controller/effects.js';

export interface Ended {
  readonly effect: EffectRecord;
  /** Failed: refused, or not answered. */
  readonly outcome: 'done' | 'failed';
}

type Role = 'absent' | 'learner' | 'voter';

interface MemberStory {
  /** What it may be, by all that was done and seen. */
  readonly roles: ReadonlySet<Role>;
  readonly isSealed: boolean;
  /** Asked to be removed, and seen to have left, since it was added. */
  readonly isRemoved: boolean;
  readonly hasLeft: boolean;
}

/** Of one EtcdCluster object: one of the same name that comes after it has a story of its own. */
interface Story {
  readonly name: string;
  uid?: string;
  isBegun: boolean;
  readonly members: Map<number, MemberStory>;
  /** Member IDs that were given a file to join on. */
  readonly filed: Set<string>;
  /** The last change of the membership. */
  last?: { readonly verb: string; readonly ordinal: number; readonly hadFile: boolean; isSeen: boolean };
  leader?: number | undefined;
}

/** What is broken, one line each: the invariant's number, the effect, what is wrong. Effects must be whole, from each cluster's beginning. */
export function invariants(log: readonly Ended[]): string[] {
  const stories = new Map<string, Story>();
  return log.flatMap((ended) => {
    const { id, cluster, verb, target } = ended.effect;
    const story = storyOf(stories, ended.effect);
    stories.set(cluster, story);
    return judge(story, ended).map((broken) => `${broken} (${cluster}: ${verb} ${target}, effect ${id})`);
  });
}

function storyOf(stories: ReadonlyMap<string, Story>, { cluster, target, precondition }: EffectRecord): Story {
  const name = cluster.slice(cluster.indexOf('/') + 1);
  const known = stories.get(cluster);
  const uid = target === `etcdclusters/${name}/status` ? /^uid=([^,]+)/.exec(precondition)?.[1] : undefined;
  if (known && (uid === undefined || known.uid === undefined || uid === known.uid)) {
    if (uid !== undefined) known.uid = uid;
    return known;
  }
  return { name, ...(uid !== undefined && { uid }), isBegun: false, members: new Map(), filed: new Set() };
}

function judge(story: Story, ended: Ended): string[] {
  const { verb, target } = ended.effect;
  const [resource = '', object = ''] = target.split('/');
  if (resource === 'member') return membership(story, ended, ordinalOf(story.name, object) ?? -1);
  if (target === `etcdclusters/${story.name}/status` && story.last) story.last.isSeen = true;
  if (target === `configmaps/${names.members(story.name)}`) return memory(story, ended);
  if (verb !== 'delete') return [];
  const released = resource === 'persistentvolumeclaims' ? release(story, ended.effect, object) : [];
  return [...fenced(ended.effect), ...released];
}

/** 7: without both, what is deleted may be another object, or another state of it, than was looked at. */
const fenced = ({ precondition }: EffectRecord): string[] =>
  /^uid=[^,]+,resourceVersion=.+$/.test(precondition)
    ? []
    : [`7: deleted under "${precondition}" instead of uid and resourceVersion`];

/** 4: a claim that never held a member's data needs no member that left; nothing else goes before its member has. */
function release(story: Story, { evidence }: EffectRecord, claim: string): string[] {
  const ordinal = ordinalOf(story.name, claim.replace(/^data-/, ''));
  if (ordinal === undefined) return [];
  const { roles, isRemoved, hasLeft } = memberOf(story, ordinal);
  const isStray = evidence.endsWith("never held a member's data and none is to come");
  if (roles.has('absent') && (isStray || (isRemoved && hasLeft))) return [];
  return [`4: ${podOf(story, ordinal)} was not removed from the membership and seen to have left before`];
}

type Change = (story: Story, ended: Ended, ordinal: number) => string[];

const changes: Readonly<Record<string, Change>> = {
  'add-learner': add,
  promote,
  'remove-member': remove,
  'move-leader': move,
};

function membership(story: Story, ended: Ended, ordinal: number): string[] {
  const { verb } = ended.effect;
  const change = changes[verb];
  return change ? change(story, ended, ordinal) : [`2: ${verb} is no way to change a membership`];
}

function add(story: Story, ended: Ended, ordinal: number): string[] {
  const broken = [...unended(story, ordinal), ...must(story, ordinal, 'absent')];
  story.members.set(ordinal, unknown());
  broken.push(...miscounted(story, ended.effect));
  conclude(story, ended, { ordinal, from: 'absent', to: 'learner' });
  return broken;
}

function promote(story: Story, ended: Ended, ordinal: number): string[] {
  const broken = [...unended(story, ordinal), ...must(story, ordinal, 'learner')];
  if (!memberOf(story, ordinal).isSealed) broken.push(`2: the file of ${podOf(story, ordinal)} was not sealed`);
  conclude(story, ended, { ordinal, from: 'learner', to: 'voter' });
  return broken;
}

function remove(story: Story, ended: Ended, ordinal: number): string[] {
  const { evidence, precondition } = ended.effect;
  const from = evidence.startsWith('learner ') ? 'learner' : 'voter';
  const broken = [...unended(story, ordinal), ...must(story, ordinal, from)];
  if (story.leader === ordinal) broken.push(`5: ${podOf(story, ordinal)} leads`);
  if (!/^memberID=[0-9a-f]+$/.test(precondition)) broken.push(`7: removed under "${precondition}" instead of its ID`);
  story.members.set(ordinal, { ...memberOf(story, ordinal), roles: new Set([from]), isRemoved: true, hasLeft: false });
  broken.push(...miscounted(story, ended.effect));
  conclude(story, ended, { ordinal, from, to: 'absent' });
  return broken;
}

/** Where leadership is after a reply that did not come is not known, so nothing is held against what follows. */
function move(story: Story, { outcome }: Ended, to: number): string[] {
  story.leader = outcome === 'done' ? to : undefined;
  return [];
}

interface Turn {
  readonly ordinal: number;
  readonly from: Role;
  readonly to: Role;
}

function conclude(story: Story, { effect, outcome }: Ended, { ordinal, from, to }: Turn): void {
  const member = memberOf(story, ordinal);
  story.members.set(ordinal, { ...member, roles: new Set(outcome === 'done' ? [to] : [from, to]) });
  if (outcome === 'failed') return;
  const hadFile = member.isSealed || story.filed.has(effect.precondition.replace('memberID=', ''));
  story.last = { verb: effect.verb, ordinal, hadFile, isSeen: false };
}

function must(story: Story, ordinal: number, role: Role): string[] {
  const { roles } = memberOf(story, ordinal);
  return roles.has(role) ? [] : [`2: ${podOf(story, ordinal)} is ${[...roles].join(' or ')}, not ${role}`];
}

/** 2: a change has ended when the operator has looked since (a status was written), and the memory says what became of it. */
function unended(story: Story, ordinal: number): string[] {
  const { last } = story;
  if (!last) return [];
  const { isSealed, hasLeft } = memberOf(story, last.ordinal);
  // A joiner that does not start is given up unsealed.
  const isAwaited = last.verb === 'add-learner' && !isSealed && ordinal !== last.ordinal;
  const isLeaving = last.verb === 'remove-member' && last.hadFile && !hasLeft;
  if (last.isSeen && !isAwaited && !isLeaving) return [];
  return [`2: nothing tells that "${last.verb} ${podOf(story, last.ordinal)}" had ended`];
}

/** 2: what was seen is what the log leaves; otherwise something went round it. */
function miscounted(story: Story, { evidence }: EffectRecord): string[] {
  const found = /^(\d+) voters(?:, (\d+) learners)?, \d+ wanted/.exec(evidence);
  if (!found) return [];
  return (['voter', 'learner'] as const).flatMap((role, index) => {
    const seen = found[index + 1];
    const members = [...story.members.values()].filter(({ roles }) => roles.has(role));
    const least = members.filter(({ roles }) => roles.size === 1).length;
    if (seen === undefined || (Number(seen) >= least && Number(seen) <= members.length)) return [];
    return [`2: ${seen} ${role}s were seen, the log leaves ${members.length}`];
  });
}

/** 3, and what the members ConfigMap comes to say of members. */
function memory(story: Story, { effect, outcome }: Ended): string[] {
  const { verb, policy, evidence } = effect;
  const broken = memories.flatMap(([words, read]) => {
    const found = words.exec(evidence)?.[1];
    return found === undefined ? [] : read(story, found);
  });
  if (verb !== 'create' || policy !== 'bootstrap' || outcome === 'failed') return broken;
  const { isBegun } = story;
  story.isBegun = true;
  return isBegun ? [...broken, '3: a cluster that was begun is begun anew'] : broken;
}

/** The words of the policies that write it. */
const memories: readonly (readonly [RegExp, (story: Story, found: string) => string[]])[] = [
  [/^all (\d+) members are up in cluster /, begun],
  [/^learner ([0-9a-f]+) is in the list/, filed],
  [/^(\S+) has started$/, started],
  [/^(\S+) left the membership$/, departed],
];

function begun(story: Story, count: string): string[] {
  for (let ordinal = 0; ordinal < Number(count); ordinal++) learn(story, ordinal, { role: 'voter', isSealed: true });
  return [];
}

function filed(story: Story, memberID: string): string[] {
  story.filed.add(memberID);
  return [];
}

function started(story: Story, pod: string): string[] {
  const ordinal = ordinalOf(story.name, pod) ?? -1;
  const broken = must(story, ordinal, 'learner');
  learn(story, ordinal, { role: 'learner', isSealed: true });
  return broken;
}

/** Also by another hand than ours: then its volume may not go. */
function departed(story: Story, pod: string): string[] {
  learn(story, ordinalOf(story.name, pod) ?? -1, { role: 'absent', hasLeft: true });
  return [];
}

type Learnt = { readonly role: Role } & Partial<MemberStory>;

function learn(story: Story, ordinal: number, { role, ...rest }: Learnt): void {
  story.members.set(ordinal, { ...memberOf(story, ordinal), ...rest, roles: new Set([role]) });
}

const unknown = (): MemberStory => ({ roles: new Set(['absent']), isSealed: false, isRemoved: false, hasLeft: false });

const memberOf = ({ members }: Story, ordinal: number): MemberStory => members.get(ordinal) ?? unknown();

const podOf = ({ name }: Story, ordinal: number): string => names.pod(name, ordinal);
