/** What the installed operator has done, by its own log of effects (controller/effects.ts). */
import type { EffectRecord } from '../../../controller/effects.js';
import { kubectl, type Place } from '../../support/place.js';

export async function effectsOn(place: Place, cluster: string): Promise<readonly EffectRecord[]> {
  const log = await kubectl(place, ['logs', '-n', 'quorate-system', 'deployment/quorate-controller', '--tail=-1']);
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { effect } = JSON.parse(line) as { effect?: EffectRecord };
    return effect?.cluster === cluster ? [effect] : [];
  });
}
