/** The etcd releases that Quorate knows: which minors it runs, the newest patch of each, and which patches it refuses. */
export interface EtcdVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export type Minor = '3.5' | '3.6' | '3.7';

interface KnownMinor {
  readonly newest: string;
  /** The first patch that Quorate runs, and what ails those before it. */
  readonly floor: string;
  readonly beforeFloor: string;
}

/** Newest patches as of November 2026 (`go list -m -versions go.etcd.io/etcd/server/v3`). */
export const catalogue: Readonly<Record<Minor, KnownMinor>> = {
  '3.5': {
    newest: '3.5.35',
    // 3.5.0-3.5.2 lose acknowledged writes (etcd postmortem 2022), a single member before 3.5.5 does on a crash (#14370), and
    // /livez and /readyz, on which a member's probes stand, exist from 3.5.11 on.
    floor: '3.5.11',
    beforeFloor: 'releases before 3.5.11 lose data (3.5.0 to 3.5.5) or lack the /livez and /readyz that probes need',
  },
  '3.6': { newest: '3.6.16', floor: '3.6.0', beforeFloor: '' },
  '3.7': { newest: '3.7.3', floor: '3.7.0', beforeFloor: '' },
};

export const minors = Object.keys(catalogue) as readonly Minor[];
export const defaultMinor: Minor = '3.6';

/** "3.6.16" → its parts; undefined unless it is exactly x.y.z. */
export function parseVersion(text: string): EtcdVersion | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!found) return undefined;
  return { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]) };
}

/** Negative when `a` is older than `b`; both must be x.y.z. */
export function compareVersions(a: EtcdVersion, b: EtcdVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** The catalogue's minor of an x.y.z version, or undefined when Quorate does not know it. */
export function minorOf(text: string): Minor | undefined {
  const parsed = parseVersion(text);
  if (!parsed) return undefined;
  const minor = `${parsed.major}.${parsed.minor}`;
  return minors.find((known) => known === minor);
}
