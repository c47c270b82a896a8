import { parseMilli, parseQuantity } from '../quantity.js';
import { labelKeyPattern } from '../schema.js';
import { keyFinding, schedulingRules, validKeyDetail } from './scheduling.js';
import { read, type Finding, type RefusingRule, type Rule, type RuleInput, type WarningRule } from './rule.js';

const [labels, annotations, nodeSelector] = [
  'podTemplate.metadata.labels',
  'podTemplate.metadata.annotations',
  'podTemplate.spec.nodeSelector',
];

/**
 * Labels by which Kubernetes and the operator find a member's pod: whoever could set them could put a pod behind a foreign Service. And
 * annotations that Kubernetes reads as rights of a pod (AppArmor, seccomp) or as its origin (mirror pods).
 */
const reservedKey =
  '^(quorate[.]dev/.*|app[.]kubernetes[.]io/(name|instance|component|managed-by)|statefulset[.]kubernetes[.]io/.*|apps[.]kubernetes[.]io/.*|controller-revision-hash' +
  '|container[.](apparmor[.]security[.]beta|seccomp[.]security[.]alpha)[.]kubernetes[.]io/.*|seccomp[.]security[.]alpha[.]kubernetes[.]io/.*|kubernetes[.]io/config[.].*)$';

const reservedDetail =
  'is kept for the operator or for Kubernetes; choose another key, for example under your own domain';

interface KeyRule extends Pick<RefusingRule, 'id' | 'sentence'> {
  /** Paths of the maps whose keys it is about. */
  readonly maps: readonly string[];
  readonly pattern: string;
  /** Whether keys must be of the pattern, or must not. */
  readonly allowed: boolean;
  readonly detail: string;
}

function keyRule({ maps, pattern, allowed, detail, ...described }: KeyRule): RefusingRule {
  const form = new RegExp(pattern);
  const [good, bad] = [allowed ? '' : '!', allowed ? '!' : ''].map((not) => `${not}k.matches('${pattern}')`);
  return {
    ...described,
    family: 'pods',
    severity: 'refuse',
    where: ['crd', 'webhook', 'guard'],
    reads: maps,
    check: ({ next }) =>
      maps.flatMap((map) =>
        Object.keys(read(next, map) ?? {})
          .filter((key) => form.test(key) !== allowed)
          .map((key) => keyFinding(map, key, detail)),
      ),
    cel: maps.map((map) => ({
      on: ['spec', ...map.split('.')],
      rule: `self.all(k, ${good})`,
      messageExpression: `self.filter(k, ${bad})[0] + ' ${detail}'`,
    })),
  };
}

const reservedKeys = keyRule({
  id: 'pods-reserved-keys',
  sentence:
    'Labels and annotations that the operator and Kubernetes set on members, or that give a pod other rights, cannot be set in the podTemplate.',
  maps: [labels, annotations],
  pattern: reservedKey,
  allowed: false,
  detail: reservedDetail,
});

const validKeys = keyRule({
  id: 'pods-valid-keys',
  sentence: 'Keys of labels, annotations and the nodeSelector have the form that Kubernetes asks for.',
  maps: [labels, annotations, nodeSelector],
  pattern: labelKeyPattern,
  allowed: true,
  detail: validKeyDetail,
});

/** What Kubernetes takes (apimachinery, TotalAnnotationSizeLimitB), less 4 KiB for those of the operator and of other controllers. */
const mostAnnotationBytes = 252 * 1024;

const annotationSize: RefusingRule = {
  id: 'pods-annotation-size',
  family: 'pods',
  sentence: 'All annotations of the podTemplate together have at most 252 KiB, or its pods could not be made.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: [annotations],
  check: ({ next }) => {
    const all = Object.entries(next.podTemplate?.metadata?.annotations ?? {});
    const bytes = all.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value ?? ''), 0);
    if (bytes <= mostAnnotationBytes) return [];
    return [
      {
        field: `spec.${annotations}`,
        reason: 'FieldValueTooLong',
        detail: `may not be more than ${mostAnnotationBytes} bytes`,
      },
    ];
  },
};

type Resources = Readonly<Record<'limits' | 'requests', Readonly<Record<string, string | number>> | undefined>>;

function etcdResources(input: RuleInput): Partial<Resources> {
  const container = input.next.podTemplate?.spec?.containers?.find((candidate) => candidate?.name === 'etcd');
  return (container?.resources ?? {}) as Partial<Resources>;
}

const containers = 'spec.podTemplate.spec.containers[0].resources';

const ordinary = new Set(['cpu', 'memory', 'ephemeral-storage']);
const qualified = new RegExp(labelKeyPattern);
const unknownName =
  'must be cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain, for example "nvidia.com/gpu"';

/** Devices and huge pages: given as a whole, and never more to one container than to another (core/validation, ValidateResourceRequirements). */
const isWhole = (name: string): boolean => name.startsWith('hugepages-') || name.includes('/');

type Amounts = Readonly<Record<string, string | number>>;

function resourceFindings(map: 'limits' | 'requests', { limits = {}, requests = {} }: Partial<Resources>): Finding[] {
  const invalid = (name: string, value: unknown, detail: string): Finding => ({
    field: `${containers}.${map}[${name}]`,
    reason: 'FieldValueInvalid',
    value,
    detail,
  });
  const amounts: Amounts = map === 'limits' ? limits : requests;
  return Object.entries(amounts).flatMap(([name, amount]) => {
    if (!ordinary.has(name) && !(isWhole(name) && qualified.test(name))) return [invalid(name, amount, unknownName)];
    if (isWhole(name) && (parseMilli(amount) ?? 0n) % 1000n !== 0n)
      return [invalid(name, amount, 'must be a whole number')];
    const other = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const detail = map === 'requests' && againstLimit(name, amount, other);
    return detail ? [invalid(name, amount, detail)] : [];
  });
}

function againstLimit(name: string, request: string | number, limit: string | number | undefined): string | undefined {
  if (limit === undefined) return isWhole(name) ? 'must have a limit of the same amount' : undefined;
  const [asked, most] = [parseMilli(request) ?? 0n, parseMilli(limit) ?? 0n];
  if (isWhole(name)) return asked === most ? undefined : `must be the limit; nearest: ${limit}`;
  return asked <= most ? undefined : `must be at most the limit; nearest: ${limit}`;
}

const requestsWithinLimits: RefusingRule = {
  id: 'pods-requests',
  family: 'pods',
  sentence:
    'Resources have names that Kubernetes knows, and a container requests no more of one than its limit (of devices and huge pages just as much), or its pods could not be made.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: ['podTemplate.spec.containers'],
  check: (input) => {
    const resources = etcdResources(input);
    return [...resourceFindings('limits', resources), ...resourceFindings('requests', resources)];
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

export const podRules: readonly Rule[] = [
  reservedKeys,
  validKeys,
  annotationSize,
  ...schedulingRules,
  requestsWithinLimits,
  memoryForQuota,
];
