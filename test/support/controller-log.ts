/** The effects that an installed controller logged. */
import type { EffectRecord } from '../../controller/effects.js';
import type { Ended } from './invariants.js';
import { kubectl, listObjects, type Place } from './place.js';
import { eventually } from './poll.js';

const namespace = 'quorate-system';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
}

/** Every effect of every controller process whose log is there, in the order in which they ended. */
export async function controllerEffects(place: Place): Promise<Ended[]> {
  const pods = await listObjects<Pod>(place, 'pods', namespace, 'app.kubernetes.io/component=controller');
  const logs = pods.flatMap(({ metadata: { name }, status }) => {
    const now = ['logs', '-n', namespace, name, '--tail=-1'];
    const restarts = status.containerStatuses?.[0]?.restartCount ?? 0;
    return restarts > 0 ? [[...now, '--previous'], now] : [now];
  });
  return effectsIn(await Promise.all(logs.map((args) => kubectl(place, args))));
}

/** The same, once none is missing: one that is being sent stands in the log when it has ended. */
export function wholeLog(place: Place): Promise<Ended[]> {
  return eventually('the controller has logged every effect that it numbered', 30_000, async () => {
    const log = await controllerEffects(place);
    const gaps = missing(log);
    return gaps.length === 0 ? { done: true, value: log } : { done: false, seen: gaps };
  });
}

interface Line {
  readonly time: string;
  readonly msg: string;
  readonly effect?: EffectRecord;
}

/** What is an effect in these logs, by time; pure. */
export function effectsIn(logs: readonly string[]): Ended[] {
  const lines = logs
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
  lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
  return lines.flatMap(({ msg, effect }) =>
    effect === undefined ? [] : [{ effect, outcome: msg === 'effect' ? ('done' as const) : ('failed' as const) }],
  );
}

/** Effects below the highest number of each process that are not in the log, which then cannot be judged; pure. */
export function missing(log: readonly Ended[]): string[] {
  const seen = new Map<string, Set<number>>();
  for (const { effect } of log) {
    const process = effect.id.slice(0, effect.id.lastIndexOf('-'));
    seen.set(process, (seen.get(process) ?? new Set()).add(effect.number));
  }
  return [...seen].flatMap(([process, numbers]) =>
    Array.from({ length: Math.max(...numbers) }, (_, index) => index + 1)
      .filter((number) => !numbers.has(number))
      .map((number) => `${process}-${number}`),
  );
}
