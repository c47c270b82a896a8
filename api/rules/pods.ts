import { parseMilli, parseQuantity } from '../quantity.js';
import { read, type Finding, type RefusingRule, type Rule, type RuleInput, type WarningRule } from './rule.js';

const kinds = ['labels', 'annotations'] as const;

/** Labels by which Kubernetes and the operator find a member's pod; whoever could set them could put a pod behind a foreign Service. */
const reservedKey =
  '^(quorate[.]dev/.*|app[.]kubernetes[.]io/(name|instance|component|managed-by)|statefulset[.]kubernetes[.]io/.*|apps[.]kubernetes[.]io/.*|controller-revision-hash)$';
const reserved = new RegExp(reservedKey);
const qualifiedKey =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
const qualified = new RegExp(qualifiedKey);

const reservedDetail = 'is set by the operator; choose another key, for example under your own domain';
const qualifiedDetail = 'is not a valid key: a name of at most 63 characters, optionally after a DNS domain and "/"';

function keys(
  input: RuleInput,
  kind: (typeof kinds)[number],
  wrong: (key: string) => boolean,
  detail: string,
): readonly Finding[] {
  return Object.keys(input.next.podTemplate?.metadata?.[kind] ?? {})
    .filter(wrong)
    .map((key) => ({
      field: `spec.podTemplate.metadata.${kind}`,
      reason: 'FieldValueInvalid',
      value: key,
      detail: `${key} ${detail}`,
      reads: [`podTemplate.metadata.${kind}`],
    }));
}

function keyRule(
  described: Pick<RefusingRule, 'id' | 'sentence'>,
  pattern: string,
  allowed: boolean,
  detail: string,
): RefusingRule {
  const test = allowed ? qualified : reserved;
  const good = `${allowed ? '' : '!'}k.matches('${pattern}')`;
  const bad = `${allowed ? '!' : ''}k.matches('${pattern}')`;
  return {
    ...described,
    family: 'pods',
    severity: 'refuse',
    where: ['crd', 'webhook', 'guard'],
    reads: kinds.map((kind) => `podTemplate.metadata.${kind}`),
    check: (input) => kinds.flatMap((kind) => keys(input, kind, (key) => test.test(key) !== allowed, detail)),
    cel: kinds.map((kind) => ({
      on: ['spec', 'podTemplate', 'metadata', kind],
      rule: `self.all(k, ${good})`,
      messageExpression: `self.filter(k, ${bad})[0] + ' ${detail}'`,
    })),
  };
}

const reservedKeys = keyRule(
  {
    id: 'pods-reserved-keys',
    sentence:
      'Labels and annotations that the operator and Kubernetes set on members cannot be set in the podTemplate.',
  },
  reservedKey,
  false,
  reservedDetail,
);

const validKeys = keyRule(
  { id: 'pods-valid-keys', sentence: 'Keys of labels and annotations have the form that Kubernetes asks for.' },
  qualifiedKey,
  true,
  qualifiedDetail,
);

type Resources = Readonly<Record<'limits' | 'requests', Readonly<Record<string, string | number>> | undefined>>;

function etcdResources(input: RuleInput): Partial<Resources> {
  const container = input.next.podTemplate?.spec?.containers?.find((candidate) => candidate?.name === 'etcd');
  return (container?.resources ?? {}) as Partial<Resources>;
}

const containers = 'spec.podTemplate.spec.containers[0].resources';

const requestsWithinLimits: RefusingRule = {
  id: 'pods-requests',
  family: 'pods',
  sentence: 'A container requests no more of a resource than its limit, or its pods could not be made.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: ['podTemplate.spec.containers'],
  check: (input) => {
    const { limits = {}, requests = {} } = etcdResources(input);
    return Object.entries(requests).flatMap(([name, request]): readonly Finding[] => {
      const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
      if (limit === undefined || (parseMilli(request) ?? 0n) <= (parseMilli(limit) ?? 0n)) return [];
      const detail = `must be at most the limit; nearest: ${limit}`;
      return [{ field: `${containers}.requests[${name}]`, reason: 'FieldValueInvalid', value: request, detail }];
    });
  },
};

const memoryForQuota: WarningRule = {
  id: 'pods-memory',
  family: 'pods',
  sentence:
    'A memory limit below twice the backend quota is warned about: the database is mapped into memory, and a defragmentation holds it twice.',
  severity: 'warn',
  warn: (input) => {
    const limit = etcdResources(input).limits?.['memory'];
    const quota = parseQuantity(String(read(input.next, 'options.backendQuota')));
    const memory = limit === undefined ? undefined : parseQuantity(limit);
    if (quota === undefined || memory === undefined || memory >= 2n * quota) return [];
    return [
      `spec.podTemplate: memory limit ${limit} is below twice options.backendQuota (${input.next.options?.backendQuota})`,
    ];
  },
};

export const podRules: readonly Rule[] = [reservedKeys, validKeys, requestsWithinLimits, memoryForQuota];
