/**
 * The kinds: schema, defaults, derived values, rules. Pure functions over plain JSON; nothing here reads a clock, a file or the network,
 * and nothing here imports another folder.
 */
export { conditionTypes, operationTypes, phases, reasons } from './conditions.js';
export { acceptedSpec, setDefaults } from './defaults.js';
export { defaultTable, type DefaultTable } from './derived-fields.js';
export { formatDuration, parseDuration, parseNanoseconds } from './duration.js';
export * from './environment.js';
export { imageReference } from './image.js';
export { guard, judge, prepareJudgement } from './judge.js';
export * from './judgement.js';
export type { Draft, ObjectMeta, OwnerReference } from './meta.js';
export * from './names.js';
export { optionCatalogue, reservedOptions, type Option, type OptionEncoding, type OptionName } from './options.js';
export { binaries, paths } from './paths.js';
export { deriveProbes, type Probes, type ProbeSource } from './probes.js';
export { formatBytes, parseMilli, parseQuantity } from './quantity.js';
export * from './v1alpha1/types.gen.js';
export {
  catalogue,
  compareVersions,
  defaultMinor,
  minorOf,
  minors,
  parseVersion,
  type EtcdVersion,
  type Minor,
} from './versions.js';
