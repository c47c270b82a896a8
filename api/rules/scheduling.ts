/** Where members may run. What Kubernetes' own validation (pkg/apis/core/validation) refuses in a pod would fail every pod of the StatefulSet. */
import { isObject, own } from '../json.js';
import { labels } from '../names.js';
import { labelKeyPattern } from '../schema.js';
import { read, type Finding, type RefusingRule, type Rule } from './rule.js';

const labelKey = new RegExp(labelKeyPattern);
export const validKeyDetail =
  'is not a valid key: a name of at most 63 characters, optionally after a DNS domain and "/"';
const longestKey = 317;

/** A key of a map can be megabytes long. */
const shortened = (key: string): string => (key.length <= longestKey ? key : `${key.slice(0, longestKey)}…`);

export function keyFinding(map: string, key: string, detail: string): Finding {
  const shown = shortened(key);
  return {
    field: `spec.${map}`,
    reason: 'FieldValueInvalid',
    value: shown,
    detail: `${shown} ${detail}`,
    reads: [map],
  };
}

type Mistake = Pick<Finding, 'reason' | 'detail' | 'value'> & { readonly at: string };
type Judge = (value: unknown) => readonly Mistake[];

const invalid = (at: string, value: unknown, detail: string): Mistake => ({
  at,
  reason: 'FieldValueInvalid',
  value,
  detail,
});
const forbidden = (at: string, detail: string): Mistake => ({ at, reason: 'FieldValueForbidden', detail });
const required = (at: string, detail: string): Mistake => ({ at, reason: 'FieldValueRequired', detail });

/** The key is judged here and not by the schema: without one that was refused there, the operator would seem to be wrong. */
const toleration: Judge = (item) => {
  const [key, operator, value] = ['key', 'operator', 'value'].map((name) => own(item, name) ?? '');
  if (operator === 'Exists') {
    return value === '' ? [] : [forbidden('.value', 'must be empty with operator Exists')];
  }
  return key === '' ? [invalid('.operator', operator, 'must be Exists where key is empty')] : [];
};

const taint: Judge = (item) => {
  const sent = own(item, 'key');
  const key = typeof sent === 'string' ? shortened(sent) : '';
  return key === '' || labelKey.test(key) ? [] : [invalid('.key', key, `${key} ${validKeyDetail}`)];
};

const tolerationTime: Judge = (item) => {
  const effect = own(item, 'effect') ?? '';
  return own(item, 'tolerationSeconds') === undefined || effect === 'NoExecute'
    ? []
    : [invalid('.effect', effect, 'must be NoExecute where tolerationSeconds is set')];
};

const spread: Judge = (value) =>
  own(value, 'whenUnsatisfiable') === 'ScheduleAnyway' && own(value, 'minDomains') !== undefined
    ? [forbidden('.minDomains', 'belongs to whenUnsatisfiable DoNotSchedule; leave it out')]
    : [];

const listAt = (value: unknown, key: string): readonly unknown[] => {
  const list = own(value, key);
  return Array.isArray(list) ? list : [];
};
const valuesOf = (requirement: unknown): readonly unknown[] => listAt(requirement, 'values');

/** Without a selector the operator sets the one of the cluster. */
function selectedKeys(constraint: unknown): readonly unknown[] {
  const selector = own(constraint, 'labelSelector');
  if (selector === undefined) return [labels.cluster];
  const matchLabels = own(selector, 'matchLabels');
  const expressions = listAt(selector, 'matchExpressions').map((each) => own(each, 'key'));
  return [...Object.keys(isObject(matchLabels) ? matchLabels : {}), ...expressions];
}

const splitting: Judge = (value) => {
  const selected = selectedKeys(value);
  return listAt(value, 'matchLabelKeys').flatMap((key, index) =>
    selected.includes(key) ? [invalid(`.matchLabelKeys[${index}]`, key, 'must not be a key of labelSelector too')] : [],
  );
};

interface Taken {
  readonly fits: (values: readonly unknown[]) => boolean;
  readonly mistake: (operator: string) => Mistake;
}

const some: Taken = {
  fits: (values) => values.length > 0,
  mistake: (operator) => required('.values', `required with operator ${operator}`),
};
const none: Taken = {
  fits: (values) => values.length === 0,
  mistake: (operator) => forbidden('.values', `must be empty with operator ${operator}`),
};
const oneNumber: Taken = {
  fits: (values) => values.length === 1 && /^-?\d+$/.test(String(values[0])),
  mistake: (operator) => required('.values', `one whole number with operator ${operator}`),
};
const operators = new Map<unknown, Taken>([
  ['In', some],
  ['NotIn', some],
  ['Exists', none],
  ['DoesNotExist', none],
  ['Gt', oneNumber],
  ['Lt', oneNumber],
]);

/** A condition on one label has the values that its operator takes. */
const expression: Judge = (value) => {
  const operator = own(value, 'operator');
  const taken = operators.get(operator);
  return !taken || taken.fits(valuesOf(value)) ? [] : [taken.mistake(String(operator))];
};

const nodeField: Judge = (value) => {
  const [key, operator] = [own(value, 'key'), own(value, 'operator')];
  const isKnown = operator === undefined || operator === 'In' || operator === 'NotIn';
  return [
    ...(key === undefined || key === 'metadata.name' ? [] : [invalid('.key', key, 'must be metadata.name')]),
    ...(isKnown ? [] : [invalid('.operator', operator, 'must be In or NotIn')]),
    ...(valuesOf(value).length === 1 ? [] : [required('.values', 'one name of a node')]),
  ];
};

const keys: Judge = (value) =>
  Object.keys(isObject(value) ? value : {})
    .filter((key) => !labelKey.test(key))
    .map((key) => invalid('', shortened(key), `${shortened(key)} ${validKeyDetail}`));

const each =
  (judge: Judge): Judge =>
  (value) =>
    (Array.isArray(value) ? value : []).flatMap((item, index) =>
      judge(item).map((mistake) => ({ ...mistake, at: `[${index}]${mistake.at}` })),
    );

/** What selectors are made of, wherever in an affinity or a spread they stand. */
const parts: ReadonlyMap<string, Judge> = new Map([
  ['matchExpressions', each(expression)],
  ['matchFields', each(nodeField)],
  ['matchLabels', keys],
]);

/** The schema bounds how deep and how wide this goes. */
const selectors: Judge = (value) => {
  if (Array.isArray(value)) return each(selectors)(value);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (parts.get(key) ?? selectors)(inner).map((mistake) => ({ ...mistake, at: `.${key}${mistake.at}` })),
  );
};

const places: readonly (readonly [string, Judge])[] = [
  ['podTemplate.spec.tolerations', each((item) => [toleration, taint, tolerationTime].flatMap((judge) => judge(item)))],
  ['podTemplate.spec.topologySpreadConstraints', each((item) => [spread, splitting].flatMap((judge) => judge(item)))],
  ['podTemplate.spec.topologySpreadConstraints', selectors],
  ['podTemplate.spec.affinity', selectors],
];

const scheduling: RefusingRule = {
  id: 'pods-scheduling',
  family: 'pods',
  sentence:
    'Tolerations, spread constraints and affinities agree in themselves as Kubernetes asks, or no pod could be made.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: [...new Set(places.map(([path]) => path))],
  check: ({ next }) =>
    places.flatMap(([path, judge]) =>
      judge(read(next, path)).map(({ at, ...finding }) => ({ ...finding, field: `spec.${path}${at}`, reads: [path] })),
    ),
};

export const schedulingRules: readonly Rule[] = [scheduling];
