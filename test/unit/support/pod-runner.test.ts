import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Backoff } from '../../support/pod-runner/backoff.js';
import { commandOf, environmentOf, expand } from '../../support/pod-runner/expand.js';
import { showFiles, type Files } from '../../support/pod-runner/files.js';
import { imageOf } from '../../support/pod-runner/launch.js';
import { execCommand, launchCommand, userOf } from '../../support/pod-runner/rootfs.js';
import { statusOf, type View } from '../../support/pod-runner/status.js';
import type { Container, Pod } from '../../support/pod-runner/types.js';

const container: Container = {
  name: 'etcd',
  image: 'quay.io/coreos/etcd:v3.6.16',
  command: ['etcd', '--config-file=/etc/quorate/$(POD_NAME).yaml'],
  env: [
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'URL', value: 'https://$(POD_NAME):2379' },
  ],
  terminationMessagePolicy: 'FallbackToLogsOnError',
};
const pod: Pod = {
  metadata: { name: 'orders-0', namespace: 'shop', uid: 'u', resourceVersion: '1', labels: { 'a/b': 'c' } },
  spec: { containers: [container], securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 } },
};

describe('pod runner', () => {
  describe('variables', () => {
    it('expands known names, leaves unknown ones, and takes $$ for $', () => {
      const expanded = expand('$(A) $(B) $$(A) $A $', { A: '1' });
      expect(expanded).to.equal('1 $(B) $(A) $A $');
    });

    it('gives a variable those before it, and the command all', async () => {
      const at = { podIP: '10.0.0.1', hostIP: '10.0.0.2', nodeName: 'n' };
      const variables = await environmentOf(container, pod, at, async () => undefined);
      expect(variables).to.deep.equal({ POD_NAME: 'orders-0', URL: 'https://orders-0:2379' });
      expect(commandOf(container, variables)).to.deep.equal(['etcd', '--config-file=/etc/quorate/orders-0.yaml']);
    });

    it('knows labels and the pod address', async () => {
      const fields = ["metadata.labels['a/b']", 'status.podIP', 'spec.nodeName'];
      const env = fields.map((fieldPath, n) => ({ name: `V${n}`, valueFrom: { fieldRef: { fieldPath } } }));
      const at = { podIP: '10.0.0.1', hostIP: '10.0.0.2', nodeName: 'n' };
      const variables = await environmentOf({ ...container, env }, pod, at, async () => undefined);
      expect(variables).to.deep.equal({ V0: 'c', V1: '10.0.0.1', V2: 'n' });
    });
  });

  it('picks programs by the image tag, with or without a digest', () => {
    const images = { 'v3.6.16': '/bin36' };
    const of = (image: string): string | undefined => imageOf({ ...container, image }, images);
    expect([of('a/b:v3.6.16'), of('a:5000/b:v3.6.16@sha256:00'), of('a:5000/b'), of('a/b:v9')]).to.deep.equal([
      '/bin36',
      '/bin36',
      undefined,
      undefined,
    ]);
  });

  it('starts a process under its user, in its network and root, with its mounts', () => {
    const user = userOf(pod, container);
    const command = launchCommand({
      sandbox: 7,
      root: '/r',
      binds: [{ from: '/d', to: '/var/lib/etcd' }],
      user,
      command: ['etcd'],
    });
    expect(command.slice(0, 3)).to.deep.equal(['nsenter', '--net=/proc/7/ns/net', 'unshare']);
    expect(command.slice(8)).to.deep.equal(
      ['/proc', '/r/proc', '/dev', '/r/dev', '/d', '/r/var/lib/etcd', '--', 'chroot'].concat([
        '--userspec=65532:65532',
        '--groups=65532',
        '/r',
        'etcd',
      ]),
    );
    expect(execCommand(9, user, ['etcdctl'])).to.deep.equal([
      'nsenter',
      '--target=9',
      '--net',
      '--mount',
      '--root',
      '--setuid=65532',
      '--setgid=65532',
      '--',
      'etcdctl',
    ]);
  });

  it('restarts at once, then later and later, and anew after a long run', () => {
    const backoff = new Backoff(10, 40);
    expect([0, 0, 0, 0, 0, 100, 0].map((ran) => backoff.next(ran))).to.deep.equal([0, 10, 20, 40, 40, 0, 10]);
  });

  describe('files', () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorate-files-'))));
    afterEach(() => rmSync(folder, { recursive: true }));
    const files = (entries: Record<string, string>): Files =>
      new Map(Object.entries(entries).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o440 }]));

    it('shows them through one link, and swaps them together', () => {
      expect(showFiles(folder, files({ a: '1', b: '2' }), 0)).to.equal(true);
      const before = readlinkSync(join(folder, '..data'));
      expect(showFiles(folder, files({ b: '3', c: '4' }), 0)).to.equal(true);
      expect(readdirSync(folder).filter((name) => !name.startsWith('..'))).to.deep.equal(['b', 'c']);
      expect(readFileSync(join(folder, 'b'), 'utf8')).to.equal('3');
      expect(readlinkSync(join(folder, 'b'))).to.equal('..data/b');
      expect(readdirSync(folder)).not.to.include(before);
      expect(statSync(join(folder, 'b')).mode & 0o777).to.equal(0o440);
    });

    it('leaves equal files as they are', () => {
      showFiles(folder, files({ a: '1' }), 0);
      const before = readlinkSync(join(folder, '..data'));
      expect(showFiles(folder, files({ a: '1' }), 0)).to.equal(false);
      expect(readlinkSync(join(folder, '..data'))).to.equal(before);
    });
  });

  describe('status', () => {
    const now = new Date('2026-01-02T03:04:05Z');
    const then = new Date('2026-01-02T03:04:00Z');
    const view = (over: Partial<View>): View => ({
      stage: { at: 'running', startedAt: then, started: true, ready: true },
      restarts: 0,
      podIP: '10.0.0.1',
      hostIP: '10.0.0.2',
      since: then,
      ...over,
    });

    it('of a ready pod', () => {
      const condition = (type: string): object => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-01-02T03:04:05Z',
      });
      expect(statusOf(pod, container, view({}), now)).to.deep.equal({
        phase: 'Running',
        conditions: ['PodScheduled', 'PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'].map(
          condition,
        ),
        hostIP: '10.0.0.2',
        hostIPs: [{ ip: '10.0.0.2' }],
        startTime: '2026-01-02T03:04:00Z',
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }, { $patch: 'replace' }],
        containerStatuses: [
          {
            name: 'etcd',
            image: container.image,
            imageID: container.image,
            containerID: 'runner://u/etcd/0',
            ready: true,
            started: true,
            restartCount: 0,
            state: { running: { startedAt: '2026-01-02T03:04:00Z' } },
          },
        ],
      });
    });

    it('of a crashed container tells the end of its log, the last run beside the waiting', () => {
      const exit = { exitCode: 1, startedAt: then, finishedAt: now, tail: "couldn't find local name" };
      const stage = { at: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off 10s' } as const;
      const status = statusOf(pod, container, view({ stage, restarts: 1, last: exit }), now) as Told;
      expect(status.phase).to.equal('Running');
      expect(status.containerStatuses[0]?.state).to.deep.equal({
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' },
      });
      expect(status.containerStatuses[0]?.lastState).to.deep.equal({
        terminated: {
          exitCode: 1,
          reason: 'Error',
          startedAt: '2026-01-02T03:04:00Z',
          finishedAt: '2026-01-02T03:04:05Z',
          message: "couldn't find local name",
        },
      });
    });

    it('of a deleted pod that ended well is Succeeded', () => {
      const deleted: Pod = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-02T03:04:04Z' } };
      const exit = { exitCode: 0, startedAt: then, finishedAt: now, tail: '' };
      expect((statusOf(deleted, container, view({ stage: { at: 'ended', exit } }), now) as Told).phase).to.equal(
        'Succeeded',
      );
    });

    it('keeps the time of a condition that did not change', () => {
      const before = [{ type: 'Ready', status: 'True' as const, lastTransitionTime: '2020-01-01T00:00:00Z' }];
      const status = statusOf({ ...pod, status: { conditions: before } }, container, view({}), now) as Told;
      expect(status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime).to.equal(
        '2020-01-01T00:00:00Z',
      );
    });
  });
});

interface Told {
  readonly phase: string;
  readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
  readonly containerStatuses: readonly { readonly state: object; readonly lastState?: object }[];
}
