/** spec.options as keys of etcd's configuration file. Which key and encoding each has, per minor, is the catalogue's. */
import { parseNanoseconds } from '../api/duration.js';
import { optionCatalogue, type Option, type OptionEncoding } from '../api/options.js';
import { parseQuantity } from '../api/quantity.js';
import type { Minor } from '../api/versions.js';

/**
 * An option that this minor does not have is left out: while a version changes, members of both minors are rendered from
 * one spec. Throws on a name or value that admission would have refused.
 */
export function renderOptions(
  options: Readonly<Record<string, unknown>>,
  minor: Minor,
): Readonly<Record<string, unknown>> {
  const { autoCompaction, ...plain } = options;
  const rendered = Object.keys(plain).map((name) => renderOption(name, plain[name], minor));
  return Object.assign({}, ...rendered, renderCompaction(autoCompaction)) as Record<string, unknown>;
}

function renderOption(name: string, value: unknown, minor: Minor): object {
  if (value === undefined) return {};
  const option = (optionCatalogue as Readonly<Record<string, Option>>)[name];
  if (option === undefined) throw new TypeError(`no such option: ${name}`);
  const key = option.keys[minor];
  return key === undefined ? {} : { [key]: encode(name, value, option.encoding) };
}

function encode(name: string, value: unknown, encoding: OptionEncoding): unknown {
  if (encoding === 'plain') return value;
  const encoded = encoding === 'bytes' ? parseQuantity(String(value)) : parseNanoseconds(String(value));
  if (encoded === undefined) throw new TypeError(`option ${name} cannot be read: ${String(value)}`);
  return Number(encoding === 'milliseconds' ? encoded / 1_000_000n : encoded);
}

/** etcd takes the retention as text: a Go duration, or a number of revisions. "0" is off. */
function renderCompaction(value: unknown): object {
  if (value === undefined) return {};
  const { mode, period, retention } = value as { mode: string; period?: string; retention?: number };
  if (mode === 'Disabled') return { 'auto-compaction-retention': '0' };
  const amount = mode === 'Periodic' ? period : retention;
  if (amount === undefined) throw new TypeError(`option autoCompaction: mode ${mode} lacks its amount`);
  return { 'auto-compaction-mode': mode.toLowerCase(), 'auto-compaction-retention': String(amount) };
}
