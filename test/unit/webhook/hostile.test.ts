import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { environment } from '../../../cmd/environment.js';
import { eventually } from '../../support/poll.js';
import { cluster, review } from './support/reviews.js';
import { readToEnd, startWebhook, type Answer, type TestWebhook } from './support/webhook.js';

const path = '/validate/etcdclusters';
const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';
const json = { 'content-type': 'application/json' };

const status = (code: number, reason: string, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code,
  reason,
  message,
});
const refusal = (code: number, reason: string, message: string): object => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid, allowed: false, status: { status: 'Failure', code, reason, message } },
});

/** A connection whose own half stays open after the other side has ended: what is read is thrown away, the end is not answered. */
async function halfOpen(port: number, ca: string): Promise<TLSSocket> {
  const raw = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  raw.on('error', () => undefined);
  const socket = connectTls({ socket: raw, ca, allowHalfOpen: true } as ConnectionOptions);
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket.resume();
}

describe('webhook: what a hostile caller gets', () => {
  let webhook: TestWebhook;
  before(async () => (webhook = await startWebhook()));
  after(() => webhook.end());
  // Whatever was sent: no stack, no redirect, and the next good review is answered.
  afterEach(async () => {
    const good = await webhook.post(path, review());
    expect(good.json()).to.have.nested.property('response.allowed', true);
  });

  const text = (value: unknown): string => JSON.stringify(value);
  const deep = '['.repeat(1000) + ']'.repeat(1000);
  const bodies: { what: string; body: string; code: number; answer: object }[] = [
    { what: 'no body', body: '', code: 400, answer: status(400, 'BadRequest', 'the body is empty') },
    { what: 'text', body: 'size: 3', code: 400, answer: status(400, 'BadRequest', 'the body is not JSON') },
    { what: 'null', body: 'null', code: 400, answer: status(400, 'BadRequest', 'kind must be AdmissionReview') },
    {
      what: 'a review without a request',
      body: text({ ...review(), request: undefined }),
      code: 400,
      answer: status(400, 'BadRequest', 'request is required'),
    },
    {
      what: 'a review of an older version',
      body: text({ ...review(), apiVersion: 'admission.k8s.io/v1beta1' }),
      code: 200,
      answer: refusal(400, 'BadRequest', 'apiVersion must be admission.k8s.io/v1'),
    },
    {
      what: 'a request without a uid',
      body: text(review({ uid: '' })),
      code: 400,
      answer: status(400, 'BadRequest', 'request.uid is required, at most 128 characters'),
    },
    {
      what: 'an operation of its own',
      body: text(review({ operation: 'STEAL' })),
      code: 200,
      answer: refusal(400, 'BadRequest', 'request.operation must be one of CREATE, UPDATE, DELETE, CONNECT'),
    },
    {
      what: 'the wrong kind for the route',
      body: text(review({ kind: { group: '', version: 'v1', kind: 'Pod' } })),
      code: 200,
      answer: refusal(400, 'BadRequest', 'kind must be EtcdCluster.v1alpha1.quorate.dev'),
    },
    {
      what: '__proto__ in the object',
      body: text(review()).replace('"size":3', '"size":3,"__proto__":{"allowed":true}'),
      code: 200,
      answer: refusal(400, 'BadRequest', 'the key __proto__ is not allowed'),
    },
    {
      what: 'constructor.prototype in the object',
      body: text(review({ object: cluster({ constructor: { prototype: { allowed: true } } }) })),
      code: 200,
      answer: refusal(400, 'BadRequest', 'the key constructor.prototype is not allowed'),
    },
    {
      what: 'a thousand nested arrays',
      body: text(review()).replace('"size":3', `"size":${deep}`),
      code: 400,
      answer: status(400, 'BadRequest', 'nested deeper than 64 levels'),
    },
    {
      what: 'rules that break on it',
      body: text(review({ object: cluster({ size: 'throw' }) })),
      code: 200,
      answer: refusal(500, 'InternalError', `internal error, see the webhook's log for ${uid}`),
    },
    {
      what: '10 MB',
      body: text(review({ object: cluster({ text: 'x'.repeat(10e6) }) })),
      code: 413,
      answer: status(413, 'RequestEntityTooLarge', 'the body must be at most 3145728 bytes'),
    },
  ];
  for (const { what, body, code, answer } of bodies) {
    it(`${what}: ${code}`, async () => {
      const got = await webhook.post(path, body);
      expect({ status: got.status, body: got.json() }).to.deep.equal({ status: code, body: answer });
      expect(got.headers['content-type']).to.equal('application/json');
    });
  }

  const calls: { what: string; send: () => Promise<Answer>; code: number; answer: object }[] = [
    {
      what: 'GET on a webhook',
      send: () => webhook.call({ path }),
      code: 405,
      answer: status(405, 'MethodNotAllowed', 'only POST is answered here'),
    },
    {
      what: 'a method of its own (PROPFIND)',
      send: () => webhook.call({ path, method: 'PROPFIND' }),
      code: 405,
      answer: status(405, 'MethodNotAllowed', 'only POST is answered here'),
    },
    ...['/', `${path}/`, '/validate', '/Validate/etcdclusters', '/metrics', '//evil.example/%2e%2e', '/%E0%A4%A'].map(
      (other) => ({
        what: `path ${other}`,
        send: () => webhook.post(other, review()),
        code: 404,
        answer: status(404, 'NotFound', 'no such webhook'),
      }),
    ),
    {
      what: 'a form',
      send: () => webhook.post(path, 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      code: 415,
      answer: status(415, 'UnsupportedMediaType', 'content-type must be application/json'),
    },
    {
      what: 'compressed JSON',
      send: () => webhook.post(path, review(), { headers: { ...json, 'content-encoding': 'gzip' } }),
      code: 415,
      answer: status(415, 'UnsupportedMediaType', 'content-encoding must be identity'),
    },
  ];
  for (const { what, send, code, answer } of calls) {
    it(`${what}: ${code}`, async () => {
      const got = await send();
      expect({ status: got.status, body: got.json() }).to.deep.equal({ status: code, body: answer });
      expect(got.headers).to.not.have.any.keys('location', 'x-powered-by', 'etag');
    });
  }

  it('takes the API server’s query on the path', async () => {
    const got = await webhook.post(`${path}?timeout=5s`, review());
    expect(got.status).to.equal(200);
  });

  const spoken: { what: string; bytes: string; first: string }[] = [
    { what: 'not HTTP', bytes: '\x00\x01\x02\r\n\r\n', first: 'HTTP/1.1 400 Bad Request' },
    { what: 'a tunnel', bytes: 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', first: 'HTTP/1.1 405 Method Not Allowed' },
    {
      what: 'a head of 64 KB',
      bytes: `POST ${path} HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`,
      first: 'HTTP/1.1 431 Request Header Fields Too Large',
    },
    {
      what: 'two lengths',
      bytes: `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      first: 'HTTP/1.1 400 Bad Request',
    },
  ];
  for (const { what, bytes, first } of spoken) {
    it(`${what}: ${first.slice(9)}, a JSON body, and the connection ends`, async () => {
      const socket = await webhook.raw();
      socket.write(bytes);
      const answer = await readToEnd(socket);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head.split('\r\n')[0]).to.equal(first);
      expect(JSON.parse(body)).to.include({ kind: 'Status', status: 'Failure' });
    });
  }

  for (const { what, bytes } of spoken) {
    it(`${what} from callers that never close their end: their connections are free again`, async () => {
      const small = await startWebhook({ maxConnections: 4 });
      const held = await Promise.all(
        Array.from({ length: 4 }, () => halfOpen(small.running.port() as number, small.authority.cert)),
      );
      for (const socket of held) socket.write(bytes);
      const answer = await eventually('a fifth caller is answered', 5000, async () => ({
        done: true,
        value: await small.post(path, review()),
      })).finally(async () => {
        for (const socket of held) socket.destroy();
        await small.end();
      });
      expect(answer.status).to.equal(200);
    });
  }

  it('a body that breaks off: the connection ends and nothing else does', async () => {
    const socket = await webhook.raw();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    socket.destroy();
  });

  it('a body announced as 1 GB: 413 before it is sent', async () => {
    const socket = await webhook.raw();
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{`,
    );
    expect(await readToEnd(socket)).to.match(/^HTTP\/1.1 413 /);
  });

  it('a slow body: 408 after 5 s (here of a clock ten times as fast)', async () => {
    const { clock } = environment;
    const fast = await startWebhook({ clock: { ...clock, after: (ms, run) => clock.after(ms / 10, run) } });
    const socket = await fast.raw();
    const started = performance.now();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`);
    const dripping = setInterval(() => socket.write(' '), 50);
    const answer = await readToEnd(socket).finally(() => clearInterval(dripping));
    const took = performance.now() - started;
    await fast.end();
    expect(answer).to.match(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer).to.contain('the body must arrive within 5 seconds');
    expect(took).to.be.within(450, 3_000);
  });

  it('large bodies that never end: 429 for one more, while reviews are answered and once they are gone so is it', async () => {
    const { clock } = environment;
    // Of a clock a hundred times slower: no body runs into its deadline before the test is through.
    const slow = await startWebhook({ clock: { ...clock, after: (ms, run) => clock.after(ms * 100, run) } });
    const large = 3 * 1024 * 1024 - 10;
    const begin = async (): Promise<TLSSocket> => {
      const socket = await slow.raw();
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${large + 1}\r\n\r\n`,
      );
      socket.write(Buffer.alloc(large, ' '));
      return socket;
    };
    const flood = await Promise.all(Array.from({ length: 25 }, begin));
    const whole = Buffer.alloc(large, ' ');
    const refused = await eventually('one more is refused', 4000, async () => {
      const got = await slow.post(path, whole);
      return got.status === 429 ? { done: true, value: got } : { done: false, seen: got.body };
    });
    expect(refused.json()).to.deep.equal(
      status(429, 'TooManyRequests', 'too many large bodies are on their way; send it again later'),
    );
    expect((await slow.post(path, review())).json()).to.have.nested.property('response.allowed', true);
    for (const socket of flood) socket.destroy();
    await eventually('what they held is free again', 4000, async () => {
      const got = await slow.post(path, whole);
      return got.status === 400 ? { done: true, value: got } : { done: false, seen: got.body };
    });
    await slow.end();
  });

  it('has kept the prototypes clean and told the bug with its stack in the log alone', () => {
    expect(({} as Record<string, unknown>).allowed).to.equal(undefined);
    const failure = webhook.log.find((line) => line.msg === 'review failed');
    expect(failure).to.have.nested.property('err.message', 'planted failure');
    expect(failure).to.have.nested.property('err.stack').that.contains('reviews');
  });
});
