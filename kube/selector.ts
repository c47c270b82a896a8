/**
 * Whether labels satisfy a label selector, as far as that can be told here: set-based requirements ("a in (b, c)") count as
 * satisfied.
 */
export function matchesLabels(selector: string | undefined, labels: Readonly<Record<string, string>> = {}): boolean {
  if (selector === undefined || selector.includes('(')) return true;
  return selector
    .split(',')
    .map((requirement) => requirement.trim())
    .every((requirement) => requirement === '' || isMet(requirement, labels));
}

function isMet(requirement: string, labels: Readonly<Record<string, string>>): boolean {
  const [, key = '', operator, value] = /^([^!=]+)(!=|==?)(.*)$/.exec(requirement) ?? [];
  if (operator === '!=') return labels[key.trim()] !== value?.trim();
  if (operator !== undefined) return labels[key.trim()] === value?.trim();
  return requirement.startsWith('!') ? !(requirement.slice(1).trim() in labels) : requirement in labels;
}
