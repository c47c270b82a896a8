/** What one JSON value has otherwise than another, by path: the new value, or null where it is gone. */
export function differences(from: unknown, to: unknown, path = ''): Readonly<Record<string, unknown>> {
  if (!isContainer(from) || !isContainer(to) || Array.isArray(from) !== Array.isArray(to))
    return from === to ? {} : { [path]: to ?? null };
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const below = (key: string): string =>
    Array.isArray(from) ? `${path}[${key}]` : [path, key].filter(Boolean).join('.');
  return Object.fromEntries(keys.flatMap((key) => Object.entries(differences(from[key], to[key], below(key)))));
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
