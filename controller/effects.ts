/**
 * The one way to the outside for everything that changes something: Kubernetes writes and mutating etcd calls. Each effect is
 * numbered, logged with the policy that wanted it, its evidence and its precondition, and refused once this process is
 * no longer the leader. A FaultHook lets a test die before it, after it, or lose its reply.
 */
import type { Logger } from './log.js';

export interface EffectRecord {
  readonly number: number;
  /** Unique for all time; a Kubernetes write is sent with it as its audit ID, so the API server's own log can be held against ours. */
  readonly id: string;
  /** namespace/name of the EtcdCluster it is for. */
  readonly cluster: string;
  readonly policy: string;
  /** "create", "update", "apply", "patch", "delete", "add-learner", "promote", "remove-member", "move-leader". */
  readonly verb: string;
  /** "statefulsets/orders", "etcdclusters/orders/status" or "member/orders-1". */
  readonly target: string;
  /** Why: what was seen. */
  readonly evidence: string;
  /** What must still hold for it to take effect, e.g. "uid=…,resourceVersion=…". */
  readonly precondition: string;
}

export interface FaultHook {
  before?(effect: EffectRecord): Promise<void>;
  /** May throw, which the caller sees as a lost reply. */
  after?(effect: EffectRecord, result: unknown): Promise<void>;
}

/** Thrown instead of an effect when this process no longer holds the lease. */
export class NotLeaderError extends Error {
  readonly code = 'NotLeader';
}

export interface EffectsOptions {
  /** Of this process, unique. */
  readonly instance: string;
  readonly log: Logger;
  /** Asked immediately before each effect. */
  readonly mayAct: () => boolean;
  readonly hook?: FaultHook;
  readonly onEffect?: (effect: EffectRecord, outcome: 'done' | 'failed') => void;
}

export class Effects {
  #number = 0;

  constructor(private readonly options: EffectsOptions) {}

  /** Performs one effect. Errors of `run` pass through after they were logged. */
  async perform<T>(intent: Omit<EffectRecord, 'number' | 'id'>, run: (effect: EffectRecord) => Promise<T>): Promise<T> {
    const { log, mayAct, hook, onEffect } = this.options;
    if (!mayAct()) throw new NotLeaderError(`not the leader: ${intent.verb} ${intent.target} was not sent`);
    const number = ++this.#number;
    const effect: EffectRecord = { number, id: `${this.options.instance}-${number}`, ...intent };
    await hook?.before?.(effect);
    try {
      const result = await run(effect);
      await hook?.after?.(effect, result);
      log.info({ effect }, 'effect');
      onEffect?.(effect, 'done');
      return result;
    } catch (error) {
      log.warn({ effect, error: message(error) }, 'effect failed');
      onEffect?.(effect, 'failed');
      throw error;
    }
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
