/** The fields that are filled in when the user leaves them out, and what each is derived from. */
import { formatDuration, parseDuration } from './duration.js';
import { at, type JsonObject } from './json.js';
import { deriveProbes, type Probes } from './probes.js';
import { formatBytes, parseQuantity } from './quantity.js';
import { byteQuantityPattern } from './schema.js';
import { catalogue, defaultMinor } from './versions.js';

/** What this operator chooses where the user does not. */
export interface DefaultTable {
  readonly version: string;
  readonly repository: string;
  readonly storageSize: string;
  readonly backendQuota: string;
  readonly compactionPeriod: string;
  readonly certificateDuration: string;
  readonly certificateRenewBefore: string;
  readonly debugImage: string;
}

export const defaultTable: DefaultTable = {
  version: catalogue[defaultMinor].newest,
  repository: 'quay.io/coreos/etcd',
  storageSize: '8Gi',
  backendQuota: '2Gi',
  compactionPeriod: '1h',
  certificateDuration: '2160h',
  certificateRenewBefore: '720h',
  debugImage: 'nicolaka/netshoot',
};

type Derive = (spec: JsonObject, table: DefaultTable) => unknown;

const mebibyte = 1024n * 1024n;

const soundQuantity = new RegExp(byteQuantityPattern);

/** A quantity that the schema takes; rules are shown no other, and what is derived must be the same for them. */
function quantityAt(spec: JsonObject, path: readonly string[]): string | undefined {
  const value = at(spec, path);
  return typeof value === 'string' && soundQuantity.test(value) ? value : undefined;
}

function quotaFor(spec: JsonObject, table: DefaultTable): string {
  const size = quantityAt(spec, ['storage', 'size']);
  const volume = size === undefined ? undefined : parseQuantity(size);
  const usual = parseQuantity(table.backendQuota) ?? 0n;
  if (volume === undefined || (volume * 3n) / 4n >= usual) return table.backendQuota;
  const fitting = ((volume * 3n) / 4n / mebibyte) * mebibyte;
  return formatBytes(fitting > 16n * mebibyte ? fitting : 16n * mebibyte);
}

/** Of anything: an object whose `toString` is not a function cannot even be made a text. */
const durationIn = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseDuration(value) : undefined;

function renewBeforeFor(side: string): Derive {
  return (spec, table) => {
    const duration = durationIn(at(spec, ['tls', side, 'operator', 'duration']));
    const usual = parseDuration(table.certificateRenewBefore) ?? 0;
    if (duration === undefined || duration / 3 >= usual) return table.certificateRenewBefore;
    // In minutes above an hour, where seconds could have more digits than the schema lets a unit have.
    const unit = duration / 3 >= 3_600_000 ? 60_000 : 1000;
    return formatDuration(Math.max(1, Math.floor(duration / 3 / unit)) * unit);
  };
}

/** What does not parse has its own refusal. */
function isWithinLife(side: string): NonNullable<DerivedField['fits']> {
  return (value, spec) => {
    const life = durationIn(at(spec, ['tls', side, 'operator', 'duration']));
    const before = durationIn(value);
    return life === undefined || before === undefined || before < life;
  };
}

export interface DerivedField {
  readonly path: readonly string[];
  readonly derive: Derive;
  /** Where it is filled at all; absent: everywhere. */
  readonly when?: (spec: JsonObject) => boolean;
  /** Whether a value agrees with the fields before it; absent: any does. */
  readonly fits?: (value: unknown, spec: JsonObject) => boolean;
  /** What is mostly derived: sent where it does not fit, it counts as filled in earlier. */
  readonly usual?: (table: DefaultTable) => string;
  /** Left out, it is derived again, whatever is stored. Only for what no table can change. */
  readonly anew?: true;
}

const issuing = (side: string): readonly DerivedField[] => {
  const when = (spec: JsonObject) => at(spec, ['tls', side, 'source']) === 'Operator';
  return [
    { path: ['tls', side, 'operator', 'duration'], derive: (_, table) => table.certificateDuration, when },
    {
      path: ['tls', side, 'operator', 'renewBefore'],
      derive: renewBeforeFor(side),
      when,
      fits: isWithinLife(side),
      usual: (table) => table.certificateRenewBefore,
    },
  ];
};

/** In this order: each may be derived from those before it. */
export const derivedFields: readonly DerivedField[] = [
  { path: ['version'], derive: (_, table) => table.version },
  {
    path: ['image', 'repository'],
    derive: (_, table) => table.repository,
    when: (spec) => at(spec, ['image', 'layout']) === 'Official',
  },
  { path: ['storage', 'size'], derive: (_, table) => table.storageSize },
  ...issuing('client'),
  ...issuing('peer'),
  { path: ['options', 'backendQuota'], derive: quotaFor },
  { path: ['options', 'autoCompaction', 'mode'], derive: () => 'Periodic', anew: true },
  {
    path: ['options', 'autoCompaction', 'period'],
    derive: (_, table) => table.compactionPeriod,
    when: (spec) => at(spec, ['options', 'autoCompaction', 'mode']) === 'Periodic',
    usual: (table) => table.compactionPeriod,
  },
  { path: ['debug', 'image'], derive: (_, table) => table.debugImage },
];

export const probeKinds = ['readiness', 'liveness', 'startup'] as const;

/** The probes of a spec of any quality: fields that probes are derived from count only when they are sound. */
export function probesOf(spec: JsonObject): Probes {
  const size = at(spec, ['size']);
  return deriveProbes({
    size: typeof size === 'number' && Number.isInteger(size) ? size : 1,
    image: { layout: at(spec, ['image', 'layout']) === 'Bitnami' ? 'Bitnami' : 'Official' },
    tls: { client: { source: at(spec, ['tls', 'client', 'source']) === 'Disabled' ? 'Disabled' : 'Operator' } },
    options: { backendQuota: quantityAt(spec, ['options', 'backendQuota']) ?? quotaFor(spec, defaultTable) },
    probes: { strategy: at(spec, ['probes', 'strategy']) === 'Readyz' ? 'Readyz' : 'Auto' },
  });
}
