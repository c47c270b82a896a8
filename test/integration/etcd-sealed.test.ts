import { rename } from 'node:fs/promises';
import { expect } from 'chai';
import type { MemberFileState } from '../../etcd/index.js';
import { createBed, versions, type Bed, type EtcdMember } from '../support/etcd-process.js';

const refusal = (name: string) =>
  `"error":"couldn't find local name \\"${name}\\" in the initial cluster configuration"`;

for (const version of versions) {
  describe(`etcd ${version}: sealed files`, function () {
    this.timeout(60_000);
    const beds: Bed[] = [];

    afterEach(async () => {
      await Promise.all(beds.splice(0).map((bed) => bed.dispose()));
    });

    async function booted(size: number): Promise<Bed> {
      const bed = await createBed({ version, size });
      beds.push(bed);
      await bed.boot();
      return bed;
    }
    const sealed = (bed: Bed, member: EtcdMember): MemberFileState => ({
      kind: 'sealed',
      peers: bed.members.filter((other) => other !== member).map(({ peer }) => peer),
    });
    async function refusesToStart(member: EtcdMember): Promise<void> {
      await member.start();
      expect(await member.exited()).to.equal(1);
      expect(member.log()).to.include(refusal(member.name));
    }

    for (const size of [1, 3]) {
      it(`of ${size}: a member starts with its data, and with an empty disk refuses, each time`, async function () {
        this.timeout(300_000);
        const bed = await booted(size);
        const member = bed.member(size - 1);
        const { memberID, clusterID } = await member.client().status();
        await member.write(sealed(bed, member));
        await member.stop();

        await member.start();
        await member.serving();
        expect(await member.client().status()).to.deep.include({ memberID, clusterID });
        await member.stop('SIGKILL');

        await member.wipe();
        await refusesToStart(member);
        // The refused start leaves an empty database behind: what lies on the disk then is no longer nothing.
        await refusesToStart(member);
      });
    }

    it('a foreign disk, whose birth directory is missing, refuses, and its own disk starts again', async () => {
      const bed = await booted(1);
      const member = bed.member(0);
      await member.stop();
      const own = member.dataDirectory;

      member.dataDirectory = `${own}-of-another-birth`;
      await member.write(sealed(bed, member));
      await refusesToStart(member);

      member.dataDirectory = own;
      await member.write(sealed(bed, member));
      await member.start();
      await member.serving();
    });

    it('a disk that kept its database and lost its log refuses', async () => {
      const bed = await booted(1);
      const member = bed.member(0);
      await member.stop();
      await member.write(sealed(bed, member));
      await rename(`${member.dataDirectory}/member/wal`, `${member.dataDirectory}.wal`);
      await refusesToStart(member);
    });
  });
}
