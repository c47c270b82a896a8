import { expect } from 'chai';
import { rebuildIdentity } from '../../../controller/rebuild.js';
import { formerVolumes } from '../../../controller/former-volumes.js';
import type { AcceptedRevision, ClusterView, VolumeView } from '../../../controller/view.js';
import { now, view } from './view-builder.js';

type Remembering = ClusterView & { readonly accepted: AcceptedRevision };

/** Three members ran; status and volumes remember them, and volumes may have changed since. */
function remembered(
  changed: (volume: VolumeView, index: number) => VolumeView | undefined = (each) => each,
): Remembering {
  const built = view().running(3).remembered().build() as Remembering;
  return { ...built, volumes: built.volumes.flatMap((volume, index) => changed(volume, index) ?? []) };
}

const only = (index: number, change: Partial<VolumeView> | undefined) => (volume: VolumeView, at: number) =>
  at !== index ? volume : change && { ...volume, ...change };

/** What is rebuilt of these members: what was, born now. */
function memoryOf(count: number): ReturnType<typeof rebuildIdentity> {
  const before = view().running(count).build().identity;
  if (!before) throw new Error('the view of a running cluster has an identity');
  const members = before.identity.members.map((member) => ({ ...member, bornAt: now }));
  return { identity: { ...before.identity, members }, files: before.files };
}

interface Row {
  readonly when: string;
  readonly of: Remembering;
  /** How many members are remembered; none: it cannot be told. */
  readonly members: number | undefined;
}

const lastLost = (status: object): Remembering => {
  const of = remembered(only(2, undefined));
  return { ...of, cluster: { ...of.cluster, status: { ...of.cluster.status, ...status } } };
};

const stranger = { name: 'data-orders-9', incarnation: '0ddba11e', ordinal: 9 };
const rows: readonly Row[] = [
  { when: 'every volume is there', of: remembered(), members: 3 },
  {
    when: 'they are listed in another order',
    of: { ...remembered(), volumes: remembered().volumes.toReversed() },
    members: 3,
  },
  { when: 'the last volume is gone and nobody knows of it', of: remembered(only(2, undefined)), members: 2 },
  {
    when: 'the last volume is gone and status knows of three members',
    of: lastLost({ replicas: 3 }),
    members: undefined,
  },
  {
    when: 'it was stopped with three members and the last volume is gone',
    of: lastLost({ replicas: 0, stoppedSize: 3 }),
    members: undefined,
  },
  { when: 'the last volume is being deleted', of: remembered(only(2, { isDeleting: true })), members: undefined },
  {
    when: 'a volume of another incarnation is there too',
    of: {
      ...remembered(),
      volumes: [...remembered().volumes, { ...remembered().volumes[0], ...stranger } as VolumeView],
    },
    members: 3,
  },
  { when: 'a volume in the middle is gone', of: remembered(only(1, undefined)), members: undefined },
  {
    when: 'a volume in the middle is being deleted',
    of: remembered(only(1, { isDeleting: true })),
    members: undefined,
  },
  {
    when: 'a volume in the middle is of another incarnation',
    of: remembered(only(1, { incarnation: '0ddba11e' })),
    members: undefined,
  },
  {
    when: 'a volume does not say of which birth it is',
    of: remembered(only(2, { birth: undefined })),
    members: undefined,
  },
  { when: 'a volume does not say whose it is', of: remembered(only(0, { memberID: undefined })), members: undefined },
  {
    when: 'a claim with our label has no ordinal',
    of: remembered(only(2, { ordinal: undefined })),
    members: undefined,
  },
  { when: 'no volume is left', of: remembered(() => undefined), members: undefined },
];

const withStatus = (status: object): Remembering => {
  const built = remembered();
  return { ...built, cluster: { ...built.cluster, status } };
};

describe('rebuilding a lost identity', () => {
  for (const { when, of, members } of rows) {
    it(`when ${when}: ${members === undefined ? 'it cannot be told' : `${members} sealed members`}`, () =>
      expect(rebuildIdentity(of)).to.deep.equal(members === undefined ? undefined : memoryOf(members)));
  }

  it('keeps a stopped cluster stopped', () => {
    const of = withStatus({ clusterID: '00000000000000c1', incarnation: '0badcafe', stoppedSize: 3 });
    const whole = memoryOf(3);
    expect(rebuildIdentity(of)).to.deep.equal({
      ...whole,
      identity: { ...whole?.identity, stopped: { size: 3 } },
    });
  });

  it('gives the next member a birth that no volume has', () => {
    const births = [4, 9, 2];
    const of = remembered((volume, index) => ({ ...volume, birth: births[index] }));
    const rebuilt = rebuildIdentity(of)?.identity;
    expect([rebuilt?.nextBirth, rebuilt?.members.map(({ birth }) => birth)]).to.deep.equal([10, births]);
  });

  for (const status of [{ clusterID: '00000000000000c1' }, { incarnation: '0badcafe' }, {}]) {
    it(`tells nothing where status says ${JSON.stringify(status)} alone`, () =>
      expect(rebuildIdentity(withStatus(status))).to.equal(undefined));
  }
});

describe('volumes of an earlier cluster', () => {
  const claims = [
    { name: 'data-orders-0', incarnation: '0badcafe' },
    { name: 'data-orders-1', incarnation: '0ddba11e' },
    { name: 'data-orders-2' },
  ];
  const among = (of: ClusterView): ClusterView => ({ ...of, volumes: claims as VolumeView[] });

  it('are all there are, while no cluster has begun', () =>
    expect(formerVolumes(among(view().unborn(3).build()))).to.deep.equal(claims.map(({ name }) => name)));

  it('are those of another incarnation, and of none that is known', () =>
    expect(formerVolumes(among(view().running(3).build()))).to.deep.equal(['data-orders-1', 'data-orders-2']));
});
