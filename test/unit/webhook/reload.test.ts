import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { generateKeyPairSync } from 'node:crypto';
import { eventually } from '../../support/poll.js';
import { rsaPair, type Pair } from './support/certificates.js';
import { review } from './support/reviews.js';
import { startWebhook, type TestWebhook } from './support/webhook.js';

const path = '/validate/etcdclusters';
const files = (pair: Pair) => ({ 'tls.crt': pair.cert, 'tls.key': pair.key });

describe('webhook: certificates that change', () => {
  let webhook: TestWebhook;
  beforeEach(async () => (webhook = await startWebhook()));
  afterEach(() => webhook.end());

  const commonName = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: webhook.running.port(), ca: webhook.authority.cert });
    await once(socket, 'secureConnect');
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return String(name);
  };
  const served = (name: string) =>
    eventually(`${name} is served`, 5000, async () => {
      const seen = await commonName();
      return seen === name ? { done: true, value: seen } : { done: false, seen };
    });

  it('swaps pairs under load without one failed request', async function () {
    this.timeout(30_000);
    const results = { answered: 0, failed: [] as unknown[] };
    const until = new AbortController();
    const load = Array.from({ length: 4 }, async (_, index) => {
      // Half of them with a new connection for each request.
      const agent = webhook.agent({ keepAlive: index % 2 === 0, maxSockets: 1 });
      while (!until.signal.aborted) {
        await webhook.post(path, review(), { agent }).then(
          (answer) => (answer.status === 200 ? results.answered++ : results.failed.push(answer.body)),
          (error: unknown) => results.failed.push(error),
        );
      }
    });
    for (let round = 1; round <= 5; round++) {
      webhook.secret.swap(files(await webhook.authority.issue({ commonName: `round-${round}` })));
      await served(`round-${round}`);
    }
    until.abort();
    await Promise.all(load);
    expect(results.failed).to.deep.equal([]);
    expect(results.answered).to.be.greaterThan(50);
  });

  const bad: { what: string; spoil: (pair: Pair) => Pair; problem: string | RegExp }[] = [
    {
      what: 'a key of another certificate',
      spoil: ({ cert }) => ({ cert, key: webhook.pair.key }),
      problem: 'the key is not the certificate’s',
    },
    {
      what: 'a key of another type',
      spoil: ({ cert }) => ({ cert, key: rsaKey() }),
      problem: 'the key is not the certificate’s',
    },
    { what: 'an empty key', spoil: ({ cert }) => ({ cert, key: '' }), problem: /DECODER|PEM/ },
    { what: 'half a certificate', spoil: ({ cert, key }) => ({ cert: cert.slice(0, 200), key }), problem: /PEM/ },
  ];
  for (const { what, spoil, problem } of bad) {
    it(`refuses ${what}, says so, and serves on with the old pair`, async () => {
      const fresh = await webhook.authority.issue({ commonName: 'fresh' });
      webhook.secret.swap(files(spoil(fresh)));
      const line = await eventually('the refusal is logged', 5000, async () => {
        const found = webhook.log.find((each) => each.msg === 'certificate refused');
        return found ? { done: true, value: found } : { done: false, seen: webhook.rawLog };
      });
      expect(line).to.include({ level: 40, serving: true });
      expect(line.problem).to.match(typeof problem === 'string' ? new RegExp(`^${problem}$`) : problem);
      expect(webhook.rawLog.join('')).to.not.contain('PRIVATE KEY');
      expect((await webhook.probe('/metrics')).body).to.contain('certificate_loads_total{result="refused"} 1\n');
      expect(await commonName()).to.equal('localhost');
      expect((await webhook.probe('/readyz')).status).to.equal(200);

      webhook.secret.swap(files(fresh));
      await served('fresh');
    });
  }

  it('goes over to RSA, as an issuer makes that was asked for nothing else, and back', async () => {
    const rsa = rsaPair();
    webhook.secret.swap(files(rsa));
    await eventually('a handshake by the RSA certificate', 5000, async () => {
      const socket = connect({ host: '127.0.0.1', port: webhook.running.port(), ca: rsa.cert });
      await once(socket, 'secureConnect');
      const { bits } = socket.getPeerCertificate();
      socket.destroy();
      return bits === 2048 ? { done: true, value: bits } : { done: false, seen: bits };
    });
    webhook.secret.swap(files(await webhook.authority.issue({ commonName: 'elliptic-again' })));
    await served('elliptic-again');
  });

  it('ends a kept-alive connection of a former certificate with its next answer', async () => {
    const agent = webhook.agent({ maxSockets: 1 });
    const connection = async () => (await webhook.post(path, review(), { agent })).headers.connection;
    expect(await connection()).to.equal('keep-alive');
    webhook.secret.swap(files(await webhook.authority.issue({ commonName: 'next' })));
    await served('next');
    expect(await connection()).to.equal('close');
    expect(await connection()).to.equal('keep-alive');
  });
});

function rsaKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
