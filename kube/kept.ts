/** What a function gave, kept for a while; a failure is not kept, and calls at the same time share one. */
export interface Kept<T> {
  get(): Promise<T>;
  forget(): void;
}

export function keep<T>(read: () => Promise<T>, forMs: number, clock: { now(): number }): Kept<T> {
  let kept: { value: Promise<T>; at: number } | undefined;
  return {
    get() {
      const age = kept === undefined ? Infinity : clock.now() - kept.at;
      // A negative age: the wall clock was set back.
      if (kept !== undefined && age >= 0 && age < forMs) return kept.value;
      const fresh = { value: read(), at: clock.now() };
      fresh.value.catch(() => {
        if (kept === fresh) kept = undefined;
      });
      kept = fresh;
      return fresh.value;
    },
    forget() {
      kept = undefined;
    },
  };
}
