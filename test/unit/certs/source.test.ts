import { expect } from 'chai';
import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../../../cmd/environment.js';
import { certificateSource, type CertificateSource, type ServingCertificate } from '../../../certs/source.js';
import { readSource } from '../../../certs/source-read.js';
import { eventually } from '../../support/poll.js';
import { authority, pairOnCurve, type Authority, type Pair } from '../webhook/support/certificates.js';
import { secretFolder, type SecretFolder } from '../webhook/support/secret-folder.js';

const files = (pair: Pair) => ({ 'tls.crt': pair.cert, 'tls.key': pair.key });

describe('certificate source', () => {
  let root: Authority;
  let secret: SecretFolder;
  let source: CertificateSource | undefined;
  let accepted: ServingCertificate[];
  let refused: string[];
  let polls: (() => void)[];

  before(async () => (root = await authority()));
  beforeEach(() => {
    secret = secretFolder();
    [accepted, refused, polls] = [[], [], []];
  });
  afterEach(() => {
    source?.stop();
    secret.remove();
  });

  /** With `clientCa`, the callers' authority is followed too. Timers run only when a test says so, unless `real`. */
  function follow(wishes: { clientCa?: boolean; real?: boolean; now?: () => number; accept?: () => void } = {}) {
    const manual = (_ms: number, run: () => void) => {
      polls.push(run);
      return () => undefined;
    };
    source = certificateSource({
      files: { ...secret.files, clientCa: wishes.clientCa ? secret.files.clientCa : undefined },
      clock: {
        ...environment.clock,
        now: wishes.now ?? (() => environment.clock.now()),
        after: wishes.real ? (ms, run) => environment.clock.after(ms, run) : manual,
      },
      accept: (certificate) => {
        wishes.accept?.();
        accepted.push(certificate);
      },
      refuse: (problem) => refused.push(problem),
    });
    return source;
  }

  it('takes the pair that is there at the start', async () => {
    const pair = await root.issue();
    secret.swap(files(pair));
    await follow().start();
    expect(accepted.map(({ cert, key }) => ({ cert, key }))).to.deep.equal([pair]);
    expect(source?.current()?.notAfter).to.be.greaterThan(Date.now());
    expect(refused).to.deep.equal([]);
  });

  it('looks again at nothing that it already serves with', async () => {
    secret.swap(files(await root.issue()));
    await follow().start();
    await source?.look();
    await source?.look();
    expect(accepted).to.have.lengthOf(1);
  });

  it('sees a swap of the mounted folder by its file event alone', async () => {
    secret.swap(files(await root.issue()));
    await follow({ real: true }).start();
    const next = await root.issue();
    secret.swap(files(next));
    // Sooner than the poll of 10 s.
    await eventually('the new pair', 3000, async () =>
      accepted.length === 2 ? { done: true, value: accepted } : { done: false, seen: refused },
    );
    expect(source?.current()?.cert).to.equal(next.cert);
  });

  it('sees by its poll what no file event told', async () => {
    secret.swap(files(await root.issue()));
    await follow().start();
    secret.swap(files(await root.issue()));
    polls[0]?.();
    await source?.look();
    expect(accepted).to.have.lengthOf(2);
  });

  it('waits for files that are not there yet', async () => {
    await follow().start();
    expect(refused).to.have.lengthOf(1);
    expect(refused[0]).to.match(/ENOENT/);
    await source?.look();
    expect(refused, 'the same problem is told once').to.have.lengthOf(1);
    secret.swap(files(await root.issue()));
    await source?.look();
    expect(accepted).to.have.lengthOf(1);
  });

  it('survives that the whole folder goes and comes back', async () => {
    secret.swap(files(await root.issue()));
    await follow().start();
    rmSync(secret.path, { recursive: true });
    await source?.look();
    expect(source?.current()).to.equal(accepted[0]);
    expect(refused).to.have.lengthOf(1);
  });

  const bad: { what: string; problem: RegExp; files: () => Promise<Record<string, string>>; clientCa?: boolean }[] = [
    {
      what: 'an expired certificate',
      problem: /^the certificate expired at 20/,
      files: async () => files(await root.issue({ days: -1 })),
    },
    {
      what: 'a certificate whose life has not begun',
      problem: /^the certificate is not valid before 20/,
      files: async () => files(await root.issue({ since: -2 })),
    },
    ...['secp256k1', 'brainpoolP256r1'].map((curve) => ({
      what: `a key on the curve ${curve}, which no caller takes`,
      problem: new RegExp(`^the key is on the curve ${curve}; `),
      files: () => Promise.resolve(files(pairOnCurve(curve))),
    })),
    {
      what: 'a certificate for callers alone',
      problem: /^the certificate is not for servers /,
      files: () =>
        Promise.resolve(
          files(pairOnCurve('prime256v1', ['subjectAltName=DNS:localhost', 'extendedKeyUsage=clientAuth'])),
        ),
    },
    {
      what: 'a certificate that names no server',
      problem: /^the certificate names no server /,
      files: () => Promise.resolve(files(pairOnCurve('prime256v1', []))),
    },
    {
      what: 'two files swapped',
      problem: /./,
      files: async () => root.issue().then(({ cert, key }) => ({ 'tls.crt': key, 'tls.key': cert })),
    },
    {
      what: 'a file of 2 MB',
      problem: /larger than 1048576 bytes$/,
      files: async () => ({ ...files(await root.issue()), 'tls.crt': 'x'.repeat(2e6) }),
    },
    {
      what: 'an empty client authority',
      problem: /^the client authority holds no readable certificate$/,
      files: async () => ({ ...files(await root.issue()), 'ca.crt': '' }),
      clientCa: true,
    },
    {
      what: 'a client authority with garbage in it',
      problem: /./,
      files: async () => ({
        ...files(await root.issue()),
        'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      }),
      clientCa: true,
    },
  ];
  for (const { what, problem, files: contents, clientCa = false } of bad) {
    it(`refuses ${what}, once, and goes on with the old pair`, async () => {
      secret.swap({ ...files(await root.issue()), 'ca.crt': root.cert });
      await follow({ clientCa }).start();
      secret.swap({ 'ca.crt': root.cert, ...(await contents()) });
      await source?.look();
      await source?.look();
      expect(accepted).to.have.lengthOf(1);
      expect(source?.current()).to.equal(accepted[0]);
      expect(refused).to.have.lengthOf(1);
      expect(refused[0]).to.match(problem);
    });
  }

  for (const curve of ['prime256v1', 'secp384r1', 'secp521r1']) {
    it(`takes a key on the curve ${curve}`, async () => {
      secret.swap(files(pairOnCurve(curve)));
      await follow().start();
      expect({ refused, accepted: accepted.length }).to.deep.equal({ refused: [], accepted: 1 });
    });
  }

  it('keeps the old pair when the server does not take the new one', async () => {
    secret.swap(files(await root.issue()));
    let takes = true;
    await follow({
      accept: () => {
        if (!takes) throw new Error('not this one');
      },
    }).start();
    takes = false;
    secret.swap(files(await root.issue()));
    await source?.look();
    expect(refused).to.deep.equal(['not this one']);
    expect(source?.current()).to.equal(accepted[0]);
  });

  it('takes a pair that was only ahead of a late clock', async () => {
    secret.swap(files(await root.issue({ days: 1 })));
    let now = Date.now() + 10 * 24 * 3600 * 1000;
    await follow({ now: () => now }).start();
    expect(accepted).to.have.lengthOf(0);
    now = Date.now();
    await source?.look();
    expect(accepted).to.have.lengthOf(1);
  });

  it('never reads a certificate of one version with the key of another', async () => {
    const pairs = await Promise.all(Array.from({ length: 8 }, () => root.issue()));
    secret.swap(files(pairs[0] as Pair));
    const keyOf = new Map(pairs.map(({ cert, key }) => [cert, key]));
    let torn = 0;
    for (let round = 0; round < 60; round++) {
      const reading = readSource({ cert: secret.files.cert, key: secret.files.key });
      // At another moment of the read each round.
      for (let turn = 0; turn < round % 12; turn++) await new Promise((resolve) => setImmediate(resolve));
      secret.swap(files(pairs[round % pairs.length] as Pair));
      const texts = await reading.catch(() => undefined);
      if (texts && keyOf.get(texts.cert) !== texts.key) torn++;
    }
    expect(torn).to.equal(0);
  });

  it('reads plain files without any links too', async () => {
    const pair = await root.issue();
    writeFileSync(secret.files.cert, pair.cert);
    writeFileSync(join(secret.path, 'elsewhere'), pair.key);
    symlinkSync('elsewhere', secret.files.key);
    await follow().start();
    unlinkSync(secret.files.key);
    expect(accepted).to.have.lengthOf(1);
  });
});
