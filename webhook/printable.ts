// C0, DEL, C1, line and paragraph separators, and the marks that reorder what a terminal shows.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A caller's text, fit for one line of a log or a terminal, and bounded. */
export function printable(text: string, maxLength: number): string {
  const bounded = text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  return bounded.replace(unprintable, '\ufffd');
}
