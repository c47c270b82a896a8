import { forbidden, invalid, required, type Row } from './row.js';

const known = 'must be x.y.z of a known minor (3.5, 3.6, 3.7); nearest: ';
const refused = (version: string, detail: string): Row => ({
  title: `version ${version} is refused with the nearest that runs`,
  spec: { size: 1, version },
  causes: [invalid('version-known', 'spec.version', `"${version}": ${detail}`)],
});
const here = ' in this version of Quorate';

export const versionRows: readonly Row[] = [
  ...['3.5.11', '3.5.35', '3.6.0', '3.6.16', '3.7.3'].map((version): Row => ({
    title: `version ${version} is accepted`,
    spec: { size: 1, version },
    causes: [],
  })),
  refused('v3.6.1', 'must be x.y.z without a leading v: "3.6.1"'),
  refused('v3.5.2', 'must be x.y.z without a leading v, and 3.5.11 or later: "3.5.35"'),
  refused('v3.5.11', 'must be x.y.z without a leading v: "3.5.11"'),
  refused('3.6', 'must name a patch, as x.y.z; the newest known is "3.6.16"'),
  refused('v3.5', 'must name a patch, as x.y.z; the newest known is "3.5.35"'),
  refused('banana', `${known}"3.6.16"`),
  refused('2.0.0', `${known}"3.5.35"`),
  refused('3.4.45', `${known}"3.5.35"`),
  refused('3.8.0', `${known}"3.7.3"`),
  refused('4.0.0', `${known}"3.7.3"`),
  refused('3.6.0-rc.1', `${known}"3.6.16"`),
  {
    title: 'a release that is known to lose data is refused',
    spec: { size: 1, version: '3.5.2' },
    causes: [
      invalid(
        'version-safe',
        'spec.version',
        '"3.5.2": must be 3.5.11 or later: releases before 3.5.11 lose data (3.5.0 to 3.5.5) or lack the /livez and /readyz that probes need; the newest known is "3.5.35"',
      ),
    ],
  },
  ...['v3.5.1', '3.6.1', '3.6.160', 'v3.6.1-amd64'].map((tag): Row => ({
    title: `the image tag ${tag} is of another release than the version`,
    spec: { size: 1, version: '3.6.16', image: { tag } },
    causes: [
      invalid(
        'image-tag',
        'spec.image.tag',
        `"${tag}": names another release than spec.version; options and steps are chosen by that: give both alike; nearest: v3.6.16`,
      ),
    ],
  })),
  ...['v3.6.16', '3.6.16', '3.6.16-debian-12-r1', 'v3.6.16.1', 'stable', '3.6'].map((tag): Row => ({
    title: `the image tag ${tag} is taken`,
    spec: { size: 1, version: '3.6.16', image: { tag } },
    causes: [],
  })),
  {
    title: 'a tag beside a digest says nothing',
    spec: { size: 1, version: '3.6.16', image: { tag: 'v3.5.1', digest: `sha256:${'0'.repeat(64)}` } },
    causes: [],
  },
  {
    title: 'a patch that is newer than the catalogue is accepted with a warning',
    spec: { size: 1, version: '3.6.99' },
    causes: [],
    warnings: ['spec.version: 3.6.99 is newer than this operator knows (3.6.16); it was not tested with it'],
  },
  {
    title: 'the version of an existing cluster stays',
    old: { size: 3, version: '3.6.15' },
    spec: { size: 3, version: '3.6.16' },
    causes: [
      forbidden('version-unchanged', 'spec.version', `cannot be changed on an existing cluster${here}; keep "3.6.15"`),
    ],
  },
  {
    title: 'a version that is left out stays the stored one',
    old: { size: 3, version: '3.6.12' },
    spec: { size: 5 },
    causes: [],
    warnings: ['spec.size: 3 → 5 adds 2 members; tolerates 2 failures after'],
  },
  {
    title: 'a refused version from before the rule does not block other edits',
    old: { size: 3, version: '3.5.3' },
    spec: { size: 3, version: '3.5.3', paused: true },
    causes: [],
  },
  {
    title: 'the image of an existing cluster stays',
    old: { size: 3, image: { repository: 'a.example/etcd', tag: 'x' } },
    spec: { size: 3, image: { repository: 'b.example/etcd', tag: 'y', digest: `sha256:${'0'.repeat(64)}` } },
    causes: [
      forbidden('image-unchanged', 'spec.image.digest', `cannot be set on an existing cluster${here}; leave it out`),
      forbidden(
        'image-unchanged',
        'spec.image.repository',
        `cannot be changed on an existing cluster${here}; keep "a.example/etcd"`,
      ),
      forbidden('image-unchanged', 'spec.image.tag', `cannot be changed on an existing cluster${here}; keep "x"`),
    ],
  },
  {
    title: 'how images are pulled may be changed, and says when it counts',
    old: { size: 3 },
    spec: { size: 3, image: { pullPolicy: 'Always', pullSecrets: [{ name: 'registry' }] } },
    causes: [],
    warnings: [
      'spec.image.pullPolicy: members take it when their pods next start; size 0 and back does that for all',
      'spec.image.pullSecrets: members take it when their pods next start; size 0 and back does that for all',
    ],
  },
  {
    title: 'another layout is refused for itself, not for the repository that was filled in',
    old: { size: 3 },
    spec: { size: 3, image: { layout: 'Bitnami' } },
    causes: [
      forbidden(
        'image-unchanged',
        'spec.image.layout',
        `cannot be changed on an existing cluster${here}; keep "Official"`,
      ),
      required(
        'image-repository',
        'spec.image.repository',
        'required with layout Bitnami, for example "docker.io/bitnamilegacy/etcd"',
      ),
    ],
  },
  {
    title: 'layout Bitnami names its repository',
    spec: { size: 3, image: { layout: 'Bitnami' } },
    causes: [
      required(
        'image-repository',
        'spec.image.repository',
        'required with layout Bitnami, for example "docker.io/bitnamilegacy/etcd"',
      ),
    ],
  },
  ...['quay.io/coreos/etcd:v3.6.1', 'a//b', 'a/B', 'a/b@sha256:0', 'a.example/', 'a/b_'].map((repository): Row => ({
    title: `repository ${repository} is refused`,
    spec: { size: 1, image: { repository } },
    causes: [
      invalid(
        'schema',
        'spec.image.repository',
        `"${repository}": must be a repository without tag or digest, for example "quay.io/coreos/etcd"`,
      ),
    ],
  })),
  ...['etcd', 'localhost:5000/etcd', 'registry.example:443/a/b__c/d-e.f', '10.0.0.1:5000/x'].map((repository): Row => ({
    title: `repository ${repository} is accepted`,
    spec: { size: 1, image: { repository } },
    causes: [],
  })),
  ...['a:b:c@@', 'a/b:', 'a b', 'https://a.example/b'].map((image): Row => ({
    title: `debug image ${image} is refused`,
    spec: { size: 1, debug: { image } },
    causes: [
      invalid(
        'schema',
        'spec.debug.image',
        `"${image}": must be the reference of an image, for example "docker.io/nicolaka/netshoot:v0.13"`,
      ),
    ],
  })),
  ...['nicolaka/netshoot', 'r.example:5000/a/b:v1.2', `a/b:c@sha256:${'0'.repeat(64)}`].map((image): Row => ({
    title: `debug image ${image} is accepted`,
    spec: { size: 1, debug: { image } },
    causes: [],
  })),
  {
    title: 'layout Bitnami with a repository is accepted',
    spec: { size: 3, image: { layout: 'Bitnami', repository: 'docker.io/bitnamilegacy/etcd' } },
    causes: [],
  },
];
