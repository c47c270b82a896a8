import { catalogue, compareVersions, defaultMinor, minorOf, minors, parseVersion, type Minor } from '../versions.js';
import { orDefault, unchanged, type RefusingRule, type Rule, type WarningRule } from './rule.js';

const minorChoice = minors.map((minor) => minor.slice(2)).join('|');
const valid = new RegExp(`^3[.](${minorChoice})[.](0|[1-9][0-9]{0,2})$`);
const withV = new RegExp(`^v3[.](${minorChoice})[.](0|[1-9][0-9]{0,2})$`);
const onlyMinor = new RegExp(`^v?3[.](${minorChoice})$`);
const older = /^v?([0-2][.]|3[.][0-4]([.]|$))/;
const newer = /^v?([4-9]|[1-9][0-9]|3[.]([89]|[1-9][0-9]))/;
const [first = defaultMinor] = minors;
const last = minors.at(-1) ?? defaultMinor;

const patchHint = 'must name a patch, as x.y.z; the newest known is ';
const minorHint = `must be x.y.z of a known minor (${minors.join(', ')}); nearest: `;

const floored = minors.filter((minor) => (parseVersion(catalogue[minor].floor)?.patch ?? 0) > 0);
const unsafeWithV = (minor: Minor): string =>
  `must be x.y.z without a leading v, and ${catalogue[minor].floor} or later: "${catalogue[minor].newest}"`;

/** A pattern of every patch of the minor before its floor. */
function belowFloor(minor: Minor, before = ''): RegExp {
  const patches = Array.from({ length: parseVersion(catalogue[minor].floor)?.patch ?? 0 }, (_, patch) => patch);
  return new RegExp(`^${before}${minor.replace('.', '[.]')}[.](${patches.join('|')})$`);
}

function newestOf(text: string): string {
  const found = minors.find((minor) => text.endsWith(minor)) ?? defaultMinor;
  return catalogue[found].newest;
}

function formDetail(version: string): string {
  const unsafe = floored.find((minor) => belowFloor(minor, 'v').test(version));
  if (unsafe) return unsafeWithV(unsafe);
  if (withV.test(version)) return `must be x.y.z without a leading v: "${version.slice(1)}"`;
  if (onlyMinor.test(version)) return `${patchHint}"${newestOf(version)}"`;
  if (older.test(version)) return `${minorHint}"${catalogue[first].newest}"`;
  return `${minorHint}"${catalogue[newer.test(version) ? last : defaultMinor].newest}"`;
}

const celNewest = minors.reduceRight(
  (rest, minor) => `self.endsWith('${minor}') ? '${catalogue[minor].newest}' : ${rest}`,
  `'${catalogue[defaultMinor].newest}'`,
);
const celForm =
  floored.map((minor) => `self.matches('${belowFloor(minor, 'v').source}') ? '${unsafeWithV(minor)}' : `).join('') +
  `self.matches('${withV.source}') ? 'must be x.y.z without a leading v: "' + self.substring(1) + '"' : ` +
  `self.matches('${onlyMinor.source}') ? '${patchHint}"' + (${celNewest}) + '"' : ` +
  `self.matches('${older.source}') ? '${minorHint}"${catalogue[first].newest}"' : ` +
  `self.matches('${newer.source}') ? '${minorHint}"${catalogue[last].newest}"' : '${minorHint}"${catalogue[defaultMinor].newest}"'`;

const versionKnown: RefusingRule = {
  id: 'version-known',
  family: 'version',
  sentence: `The version is x.y.z of a minor that this operator knows: ${minors.join(', ')}.`,
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['version'],
  check: ({ next }) => {
    const version = next.version;
    if (version === undefined || valid.test(version)) return [];
    return [{ field: 'spec.version', reason: 'FieldValueInvalid', value: version, detail: formDetail(version) }];
  },
  cel: [{ on: ['spec', 'version'], rule: `self.matches('${valid.source}')`, messageExpression: celForm }],
};

const floorDetail = (minor: Minor): string =>
  `must be ${catalogue[minor].floor} or later: ${catalogue[minor].beforeFloor}; the newest known is "${catalogue[minor].newest}"`;

const versionSafe: RefusingRule = {
  id: 'version-safe',
  family: 'version',
  sentence:
    'Releases that are known to lose data, or that lack what the operator stands on, are refused: etcd 3.5 before 3.5.11.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['version'],
  check: ({ next }) => {
    const version = next.version ?? '';
    const minor = floored.find((candidate) => belowFloor(candidate).test(version));
    return minor
      ? [{ field: 'spec.version', reason: 'FieldValueInvalid', value: version, detail: floorDetail(minor) }]
      : [];
  },
  cel: floored.map((minor) => ({
    on: ['spec', 'version'],
    rule: `!self.matches('${belowFloor(minor).source}')`,
    message: floorDetail(minor),
  })),
};

const versionUnchanged = unchanged(
  {
    id: 'version-unchanged',
    family: 'version',
    sentence:
      'The version of an existing cluster stays as it is; this version of the operator does not roll running members.',
    because: ' in this version of Quorate',
  },
  ['version'],
);

const versionUnknownPatch: WarningRule = {
  id: 'version-unknown-patch',
  family: 'version',
  sentence: 'A patch of a known minor that is newer than this operator knows is accepted with a warning.',
  severity: 'warn',
  warn: ({ next, old }) => {
    const parsed = parseVersion(next.version ?? '');
    const minor = minorOf(next.version ?? '');
    const newest = minor && parseVersion(catalogue[minor].newest);
    if (!parsed || !newest || compareVersions(parsed, newest) <= 0 || old?.version === next.version) return [];
    return [
      `spec.version: ${next.version} is newer than this operator knows (${catalogue[minor].newest}); it was not tested with it`,
    ];
  },
};

const imageUnchanged = unchanged(
  {
    id: 'image-unchanged',
    family: 'version',
    sentence:
      'The image of an existing cluster stays as it is; this version of the operator does not roll running members.',
    because: ' in this version of Quorate',
  },
  ['image.repository', 'image.tag', 'image.digest', 'image.layout'],
);

const repositoryDetail = 'required with layout Bitnami, for example "docker.io/bitnamilegacy/etcd"';

const imageRepository: RefusingRule = {
  id: 'image-repository',
  family: 'version',
  sentence: 'Layout Bitnami names its repository: there is none that the operator could take for granted.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['image.layout', 'image.repository'],
  check: ({ next }) =>
    next.image?.layout === 'Bitnami' && next.image.repository === undefined
      ? [{ field: 'spec.image.repository', reason: 'FieldValueRequired', detail: repositoryDetail }]
      : [],
  cel: [
    {
      on: ['spec', 'image'],
      rule: `${orDefault('self.layout', 'Official')} != 'Bitnami' || has(self.repository)`,
      message: repositoryDetail,
      reason: 'FieldValueRequired',
      fieldPath: '.repository',
      reads: ['layout', 'repository'],
    },
  ],
};

const tagForm = /^v?[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}([-_.].*)?$/;
const tagDetail = 'names another release than spec.version; options and steps are chosen by that: give both alike';

const tagEnds = ['-', '_', '.'];

/** "v3.6.16", "3.6.16-debian-12-r1": of this version. */
const isOf = (tag: string, version: string): boolean =>
  [version, `v${version}`].some((name) => tag === name || tagEnds.some((end) => tag.startsWith(name + end)));
const celIsOf = ['self.version', "'v' + self.version"]
  .flatMap((name) => [
    `self.image.tag == ${name}`,
    ...tagEnds.map((end) => `self.image.tag.startsWith(${name} + '${end}')`),
  ])
  .join(' || ');

const imageTag: RefusingRule = {
  id: 'image-tag',
  family: 'version',
  sentence:
    'An image tag that names a release names the one of spec.version: options and steps are chosen by that, and a release that loses data must not come in by its tag. With a digest, the tag says nothing.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['version', 'image.tag', 'image.digest'],
  check: ({ next: { version, image } }) => {
    const { tag = '', digest = '' } = image ?? {};
    if (version === undefined || digest !== '' || !tagForm.test(tag) || isOf(tag, version)) return [];
    return [
      { field: 'spec.image.tag', reason: 'FieldValueInvalid', value: tag, detail: tagDetail, nearest: `v${version}` },
    ];
  },
  cel: [
    {
      on: ['spec'],
      rule:
        `!has(self.version) || !has(self.image) || !has(self.image.tag) || (has(self.image.digest) && self.image.digest != '') || ` +
        `!self.image.tag.matches('${tagForm.source}') || ` +
        celIsOf,
      messageExpression: `'${tagDetail}; nearest: v' + self.version`,
      fieldPath: '.image.tag',
      reads: ['version', 'image.tag', 'image.digest'],
    },
  ],
};

export const versionRules: readonly Rule[] = [
  versionKnown,
  versionSafe,
  versionUnchanged,
  versionUnknownPatch,
  imageUnchanged,
  imageTag,
  imageRepository,
];
