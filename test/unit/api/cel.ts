/**
 * Runs the CRD's rules as the API server does: each on its node, transition rules only where both values exist, the others only where the
 * node changed. Quantities come from Kubernetes' own CEL library, which is re-made here on our parser.
 */
import { Environment } from '@marcbachmann/cel-js';
import { parseQuantity } from '../../../api/index.js';
import { equal } from '../../../api/json.js';
import { fieldOf } from '../../../api/validate/problem.js';
import { etcdClusterSchema } from '../../../api/v1alpha1/etcd-cluster.js';
import { validations, type Validation } from '../../../tools/generate/crd.js';

class Quantity {
  constructor(readonly bytes: bigint) {}
}

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })
  .registerType('Quantity', Quantity)
  .registerFunction('quantity(string): Quantity', (text: string) => {
    const bytes = parseQuantity(text);
    if (bytes === undefined) throw new Error(`not a quantity: ${text}`);
    return new Quantity(bytes);
  })
  .registerFunction('Quantity.asInteger(): int', (quantity: Quantity) => quantity.bytes)
  .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
    a.bytes < b.bytes ? -1n : a.bytes > b.bytes ? 1n : 0n,
  );

type Program = (variables: Record<string, unknown>) => unknown;
const programs = new Map<string, Program>();

function evaluate(text: string, variables: Record<string, unknown>): unknown {
  const known = programs.get(text) ?? (environment.parse(text) as Program);
  programs.set(text, known);
  return known(variables);
}

/** CEL's integers are BigInt here. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => toCel(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
}

const optional = (value: unknown): unknown =>
  value === undefined ? evaluate('optional.none()', {}) : evaluate('optional.of(x)', { x: toCel(value) });

export interface CelRefusal {
  readonly rule: string;
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

function nodeAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

function refusal({ rule, on, body }: Validation, next: unknown, old: unknown): CelRefusal | undefined {
  const self = nodeAt(next, on);
  const oldSelf = nodeAt(old, on);
  if (self === undefined) return undefined;
  const text = body['rule'] as string;
  const isTransition = text.includes('oldSelf');
  if (isTransition && body['optionalOldSelf'] !== true && oldSelf === undefined) return undefined;
  if (!isTransition && oldSelf !== undefined && equal(self, oldSelf)) return undefined;
  const before = body['optionalOldSelf'] === true ? optional(oldSelf) : toCel(oldSelf);
  const variables = { self: toCel(self), oldSelf: before };
  if (evaluate(text, variables) === true) return undefined;
  const expression = body['messageExpression'] as string | undefined;
  const message = (expression === undefined ? body['message'] : evaluate(expression, variables)) as string;
  const field = fieldOf(etcdClusterSchema, on) + ((body['fieldPath'] as string | undefined) ?? '');
  return {
    rule,
    field: field.replace(/^[.]/, ''),
    reason: (body['reason'] as string | undefined) ?? 'FieldValueInvalid',
    message,
  };
}

/** Every refusal of the CRD's CEL, sorted by field. */
export function celRefusals(next: unknown, old: unknown): readonly CelRefusal[] {
  const key = (refused: CelRefusal) => `${refused.field} ${refused.rule} ${refused.message}`;
  return validations()
    .flatMap((validation) => refusal(validation, next, old) ?? [])
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
