import { appendFileSync } from 'node:fs';
import type { EffectRecord, FaultHook } from '../../controller/effects.js';
import { EtcdError } from '../../etcd/index.js';
import { ApiError } from '../../kube/index.js';
import { createNumbering, isMembershipChange, kindOf, type EffectLine } from './effect-log.js';
import { nameOf, type Fault } from './fault.js';

export interface HookOptions {
  /** Where each effect is appended as lines of JSON, before it is sent and after its reply. */
  readonly log: string;
  readonly fault?: Fault | undefined;
  /** Ends this process at once, as nothing in it could prevent. */
  readonly die: () => void;
}

/** Logs every effect, and lets one fault strike. */
export function createFaultHook({ log, fault, die }: HookOptions): FaultHook {
  const tell = (line: Omit<EffectLine, 'at' | 'process'>): void =>
    appendFileSync(log, JSON.stringify({ at: new Date().toISOString(), process: process.pid, ...line }) + '\n');
  const numberOf = createNumbering();
  let number = 0;
  let isOver = false;
  // An effect that fails has no reply to lose: the fault then strikes the next that succeeds.
  const strikes = (mode: Fault['mode'], effect: EffectRecord): boolean => {
    if (isOver || fault?.mode !== mode) return false;
    return (isOver = 'kind' in fault ? kindOf(effect) === fault.kind : number >= fault.number);
  };
  const tellFault = (effect: EffectRecord): void =>
    tell({ what: 'fault', effect, ...(fault !== undefined && { fault: nameOf(fault) }) });
  const end = (effect: EffectRecord): Promise<never> => {
    tellFault(effect);
    die();
    return new Promise(() => undefined);
  };
  return {
    async before(effect) {
      number = numberOf(effect);
      if (strikes('before', effect)) await end(effect);
      tell({ what: 'sending', effect });
    },
    async after(effect) {
      if (strikes('after', effect)) await end(effect);
      if (strikes('lost', effect)) {
        tellFault(effect);
        throw lostReply(effect);
      }
      tell({ what: 'done', effect });
    },
  };
}

/** What the operator's own clients would throw had the connection broken after the request was sent. */
function lostReply(effect: EffectRecord): Error {
  if (isMembershipChange(effect)) return new EtcdError('Unavailable', 'the reply was lost', true);
  return new ApiError({ status: 0, reason: 'Connection', message: 'the reply was lost', isAmbiguous: true });
}
