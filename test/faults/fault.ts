/** A fault is put at one effect of the operator: death before it, death after it, or its reply lost. */
export const modes = ['before', 'after', 'lost'] as const;
export type Mode = (typeof modes)[number];

export interface NumberedFault {
  readonly mode: Mode;
  /** Of the effect, in the first operator process, from 1, as createNumbering counts. */
  readonly number: number;
}

export interface NamedFault {
  readonly mode: Mode;
  /** The first effect of this kind is struck: "size promote member/orders-1". */
  readonly kind: string;
}

export type Fault = NumberedFault | NamedFault;

export const nameOf = (fault: Fault): string => `${fault.mode}:${'kind' in fault ? fault.kind : fault.number}`;

/** The reverse of nameOf; throws on anything else. */
export function parseFault(text: string): Fault {
  const [, mode, number, kind] =
    /^(before|after|lost):(?:([1-9]\d{0,5})|([a-z ]+ [a-z-]+ [a-z]+\/\S+))$/.exec(text) ?? [];
  if (mode === undefined) {
    throw new Error(`a fault must be before:N, after:N or lost:N, N a number or a kind of effect, not "${text}"`);
  }
  return kind === undefined ? { mode: mode as Mode, number: Number(number) } : { mode: mode as Mode, kind };
}

/** Every fault of a run with so many effects, in the order in which they would strike. */
export function allFaults(effects: number): NumberedFault[] {
  return Array.from({ length: effects }, (_, index) => modes.map((mode) => ({ mode, number: index + 1 }))).flat();
}

/** One in `every`, chosen by the seed, in their order: the same seed gives the same faults. */
export function sample<T extends Fault>(faults: readonly T[], every: number, seed: number): T[] {
  const random = generator(seed);
  const drawn = faults.map((fault, index) => ({ fault, index, lot: random() })).sort((a, b) => a.lot - b.lot);
  const chosen = drawn.slice(0, Math.ceil(faults.length / every)).sort((a, b) => a.index - b.index);
  return chosen.map(({ fault }) => fault);
}

/**
 * One of several parts that are the whole together, "2/4": every fourth fault, from the second on; or the faults at some effects, "90-112".
 * Throws on anything else.
 */
export function partOf(faults: readonly NumberedFault[], part: string): NumberedFault[] {
  const [, first = 0, sign, last = 0] = /^([1-9]\d{0,2})([/-])([1-9]\d{0,2})$/.exec(part) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (from < 1 || from > to) throw new Error(`a part must be 1/N to N/N, or effects FIRST-LAST, not "${part}"`);
  return faults.filter(({ number }, index) =>
    sign === '/' ? index % to === from - 1 : number >= from && number <= to,
  );
}

/** Mulberry32: 32 bits of state are plenty to draw lots with. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
