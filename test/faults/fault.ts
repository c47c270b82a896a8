/** A fault is put at one effect of the operator: death before it, death after it, or its reply lost. */
export const modes = ['before', 'after', 'lost'] as const;
export type Mode = (typeof modes)[number];

export interface Fault {
  readonly mode: Mode;
  /** Of the effect, as the first operator process numbers them, from 1. */
  readonly number: number;
}

export const nameOf = ({ mode, number }: Fault): string => `${mode}:${number}`;

/** The reverse of nameOf; throws on anything else. */
export function parseFault(text: string): Fault {
  const [, mode, number] = /^(before|after|lost):([1-9]\d{0,5})$/.exec(text) ?? [];
  if (mode === undefined) throw new Error(`a fault must be before:N, after:N or lost:N, not "${text}"`);
  return { mode: mode as Mode, number: Number(number) };
}

/** Every fault of a run with so many effects, in the order in which they would strike. */
export function allFaults(effects: number): Fault[] {
  return Array.from({ length: effects }, (_, index) => modes.map((mode) => ({ mode, number: index + 1 }))).flat();
}

/** One in `every`, chosen by the seed, in their order: the same seed gives the same faults. */
export function sample(faults: readonly Fault[], every: number, seed: number): Fault[] {
  const random = generator(seed);
  const drawn = faults.map((fault, index) => ({ fault, index, lot: random() })).sort((a, b) => a.lot - b.lot);
  const chosen = drawn.slice(0, Math.ceil(faults.length / every)).sort((a, b) => a.index - b.index);
  return chosen.map(({ fault }) => fault);
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
