import { expect } from 'chai';
import { connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { createProbes } from '../../../webhook/probes.js';
import { eventually } from '../../support/poll.js';
import { authority } from './support/certificates.js';
import { cluster, review, testKind } from './support/reviews.js';
import { readToEnd, startWebhook, type TestWebhook } from './support/webhook.js';

const [mutate, validate] = ['/mutate/etcdclusters', '/validate/etcdclusters'];

/** A connection with a request in flight: its body is asked for and never comes. */
async function waiting(webhook: TestWebhook): Promise<TLSSocket> {
  const socket = await webhook.raw();
  const head = [`POST ${validate} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', 'Content-Length: 9'];
  socket.write([...head, 'Expect: 100-continue', '', ''].join('\r\n'));
  await once(socket, 'data');
  return socket;
}

/** A connection to the probes that was answered once, or ended, and is kept open. */
async function askedOnce(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return socket;
}

describe('webhook: serving', () => {
  const open: TestWebhook[] = [];
  const start: typeof startWebhook = async (wishes) => {
    const webhook = await startWebhook(wishes);
    open.push(webhook);
    return webhook;
  };
  afterEach(() => Promise.all(open.splice(0).map((webhook) => webhook.end())));

  it('echoes the uid and patches what is missing', async () => {
    const webhook = await start();
    const answer = await webhook.post(mutate, review({ uid: 'one-uid' }));
    expect(answer.status).to.equal(200);
    expect(answer.json()).to.deep.equal({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: 'one-uid',
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from('[{"op":"add","path":"/spec/version","value":"3.6.16"}]').toString('base64'),
      },
    });
  });

  it('logs one line a request, with who asked for what, and nothing of the object', async () => {
    const webhook = await start();
    const object = cluster({ size: 4, version: '9.9', secret: 'planted-secret' });
    await webhook.post(mutate, review({ object }));
    const { ms, time, ...line } = webhook.log.find((each) => each.msg === 'review') ?? {};
    expect(line).to.deep.equal({
      level: 30,
      pid: process.pid,
      hostname: (webhook.log[0] ?? {}).hostname,
      webhook: 'mutate',
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      operation: 'CREATE',
      resource: 'etcdclusters',
      object: 'shop/orders',
      user: 'alice',
      allowed: false,
      rules: ['size-odd', 'version-known'],
      msg: 'review',
    });
    expect(ms).to.be.a('number');
    expect(time).to.be.a('number');
    expect(webhook.rawLog.join('')).to.not.contain('planted');
    expect(webhook.rawLog.join('')).to.not.contain('PRIVATE KEY');
  });

  it('keeps a name with line breaks and terminal codes on one line', async () => {
    const webhook = await start();
    const name = 'a\r\n{"level":30}\u001b[31m\u2028\u202e\u0000b';
    await webhook.post(mutate, review({ name, userInfo: { username: `${name}${'x'.repeat(1000)}` } }));
    const raw = webhook.rawLog.filter((line) => line.includes('"msg":"review"'));
    expect(raw).to.have.lengthOf(1);

    expect(raw[0]?.trimEnd()).to.not.match(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(JSON.parse(raw[0] ?? ''))
      .to.have.property('user')
      .that.has.lengthOf(253);
  });

  it('measures latency by webhook and operation, causes by rule, and the certificate’s end', async () => {
    const webhook = await start();
    await webhook.post(mutate, review({ object: cluster({ size: 4, version: '9.9' }) }));
    await webhook.post(mutate, review());
    await webhook.post(validate, review({ operation: 'DELETE', object: null, oldObject: cluster() }));
    await webhook.post(validate, 'not JSON');
    const { body, headers } = await webhook.probe('/metrics');
    expect(headers['content-type']).to.match(/^text\/plain; version=0.0.4/);
    for (const line of [
      'quorate_webhook_request_duration_milliseconds_count{webhook="mutate",operation="CREATE"} 2',
      'quorate_webhook_request_duration_milliseconds_count{webhook="validate",operation="DELETE"} 1',
      'quorate_webhook_requests_total{webhook="mutate",operation="CREATE",allowed="false"} 1',
      'quorate_webhook_requests_total{webhook="mutate",operation="CREATE",allowed="true"} 1',
      'quorate_webhook_requests_total{webhook="validate",operation="DELETE",allowed="true"} 1',
      'quorate_webhook_requests_total{webhook="validate",operation="",allowed="error"} 1',
      'quorate_webhook_causes_total{rule="size-odd"} 1',
      'quorate_webhook_causes_total{rule="version-known"} 1',
      'quorate_webhook_certificate_loads_total{result="accepted"} 1',
      `quorate_webhook_build_info{version="test",node="${process.version}"} 1`,
    ]) {
      expect(body.split('\n')).to.include(line);
    }
    const end = Number(/^quorate_webhook_certificate_not_after_seconds (\d+)$/m.exec(body)?.[1]);
    expect(end - Date.now() / 1000).to.be.within(29 * 86_400, 31 * 86_400);
    expect(body).to.contain('process_resident_memory_bytes');
  });

  it('answers probes and metrics on their own port, and nothing else there', async () => {
    const webhook = await start();
    const answers = await Promise.all(['/livez', '/readyz', '/', validate].map((path) => webhook.probe(path)));
    expect(answers.map(({ status, body }) => `${status} ${body.trim()}`)).to.deep.equal([
      '200 ok',
      '200 ok',
      '404 not found; there are /livez, /readyz and /metrics',
      '404 not found; there are /livez, /readyz and /metrics',
    ]);
  });

  it('answers probes beside callers that connect and say nothing, and ends their connections', async function () {
    this.timeout(20_000);
    const webhook = await start();
    const port = webhook.running.metricsPort() as number;
    const silent = Array.from({ length: 200 }, () => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    expect((await webhook.probe('/livez')).status).to.equal(200);
    await eventually('they are gone', 15_000, async () => {
      const left = silent.filter((socket) => !socket.resume().destroyed).length;
      return left === 0 ? { done: true, value: left } : { done: false, seen: left };
    });
  });

  it('prepares the rules before it is ready', async () => {
    const told: string[] = [];
    const webhook = await start({ bare: true, kinds: [{ ...testKind, prepare: () => void told.push('prepared') }] });
    expect(told).to.deep.equal(['prepared']);
    expect((await webhook.probe('/readyz')).status).to.equal(503);
  });

  it('is alive but not ready without a certificate, and ready once it comes', async () => {
    const webhook = await start({ bare: true });
    expect((await webhook.probe('/livez')).status).to.equal(200);
    expect(await webhook.probe('/readyz')).to.include({ status: 503, body: 'waiting for a certificate\n' });
    expect(webhook.running.port()).to.equal(undefined);
    webhook.secret.swap({ 'tls.crt': webhook.pair.cert, 'tls.key': webhook.pair.key });
    await webhook.running.ready;
    expect((await webhook.probe('/readyz')).status).to.equal(200);
    expect((await webhook.post(validate, review())).status).to.equal(200);
  });

  it('says that it never will be ready when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const failure = await startWebhook({ port }).catch((error: unknown) => error);
    other.close();
    expect(failure).to.have.property('code', 'EADDRINUSE');
  });

  it('refuses what is over the limit of connections, and serves on', async () => {
    const webhook = await start({ maxConnections: 2 });
    const kept = [await waiting(webhook), await waiting(webhook)];
    const third = await webhook.post(validate, review()).catch((error: unknown) => error);
    expect(third).to.have.property('code', 'ECONNRESET');
    expect((await webhook.probe('/metrics')).body).to.contain('connections_refused_total{reason="limit"} 1\n');
    kept.forEach((socket) => socket.destroy());
    await eventually('a connection is free again', 2000, async () => {
      const answer = await webhook.post(validate, review());
      return { done: true, value: answer.status };
    });
  });

  it('ends the connection that was silent for longest rather than keep a caller out', async () => {
    const webhook = await start({ maxConnections: 20 });
    const inFlight = await waiting(webhook);
    const silent: TLSSocket[] = [];
    for (let count = 0; count < 40; count++) silent.push(await webhook.raw());
    expect((await webhook.post(validate, review())).status).to.equal(200);
    await eventually('all but the last ones are ended', 2000, async () => {
      const open = silent.map(({ destroyed }) => !destroyed);
      const ended = open.indexOf(true);
      return ended > 20 && open.slice(ended).every(Boolean)
        ? { done: true, value: ended }
        : { done: false, seen: ended };
    });
    expect(inFlight.destroyed, 'who waits for an answer').to.equal(false);
    for (const socket of [inFlight, ...silent]) socket.destroy();
  });

  it('lets the kubelet in though someone holds every connection of the probes open', async () => {
    const metrics = { render: async () => '', contentType: 'text/plain' };
    const server = createProbes({ metrics, notReady: () => undefined, maxConnections: 20 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const held = await Promise.all(Array.from({ length: 40 }, async () => askedOnce(port)));
    const kubelet = await askedOnce(port);
    expect(kubelet.bytesRead).to.be.greaterThan(0);
    for (const socket of [...held, kubelet]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  describe('asking who calls', () => {
    it('answers a caller of the authority, and no other', async () => {
      const callers = await authority('API server authority');
      const webhook = await start({ callers });
      const good = await callers.issue({ commonName: 'kube-apiserver' });
      const foreign = await (await authority('foreign')).issue({ commonName: 'kube-apiserver' });
      const send = (pair?: { cert: string; key: string }) =>
        webhook.post(validate, review(), { agent: webhook.agent({ ...pair, maxCachedSessions: 0 }) });
      expect((await send(good)).status).to.equal(200);
      for (const pair of [undefined, foreign]) {
        const failure = await send(pair).catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(Error);
      }
    });

    it('follows the authority when it changes, also for a session that the former one began', async () => {
      const [former, later] = [await authority('former'), await authority('later')];
      const webhook = await start({ callers: former });
      const agent = webhook.agent(await former.issue());
      expect((await webhook.post(validate, review(), { agent })).status).to.equal(200);
      webhook.secret.swap({ 'tls.crt': webhook.pair.cert, 'tls.key': webhook.pair.key, 'ca.crt': later.cert });
      await eventually('the new authority is in use', 5000, async () => {
        const answer = await webhook.post(validate, review(), { agent: webhook.agent(await later.issue()) });
        return { done: true, value: answer.status };
      });
      // The open connection gets one last answer; then the caller has to show itself again.
      const last = await webhook.post(validate, review(), { agent });
      expect(last.headers.connection).to.equal('close');
      const failure = await webhook.post(validate, review(), { agent }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
    });
  });

  describe('drain', () => {
    it('goes on answering, not ready, each answer ending its connection; then it is gone', async () => {
      const webhook = await start({ drainMs: 400 });
      expect((await webhook.post(validate, review())).headers.connection).to.equal('keep-alive');
      const stopped = webhook.running.stop();
      expect(await webhook.probe('/readyz')).to.include({ status: 503, body: 'draining\n' });
      expect((await webhook.probe('/livez')).status).to.equal(200);
      for (let index = 0; index < 3; index++) {
        const answer = await webhook.post(validate, review());
        expect([answer.status, answer.headers.connection]).to.deep.equal([200, 'close']);
      }
      await stopped;
      const failure = await webhook.post(validate, review()).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'ECONNREFUSED');
      expect(webhook.log.at(-1)).to.include({ msg: 'stopped' });
    });

    it('finishes a review whose body is still on its way when the drain is over', async () => {
      const webhook = await start({ drainMs: 50 });
      const body = JSON.stringify(review());
      const socket = await webhook.raw();
      const head = `POST ${validate} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.write(head + body.slice(0, 100));
      // The server must have seen the head, or the connection counts as idle.
      await eventually('the connection is in use', 2000, async () => ({
        done: true,
        value: await webhook.probe('/livez'),
      }));
      const stopped = webhook.running.stop();
      await eventually('the listener is closed', 2000, async () => {
        const failure: unknown = await webhook.raw().catch((error: unknown) => error);
        return failure instanceof Error ? { done: true, value: failure } : { done: false, seen: 'still listening' };
      });
      socket.write(body.slice(100));
      expect(await readToEnd(socket)).to.match(/^HTTP\/1.1 200 OK\r\n(.|\r\n)*"allowed":true/);
      await stopped;
    });

    it('does not wait for requests that stand behind a last answer on their connection', async () => {
      const webhook = await start({ drainMs: 50 });
      const body = JSON.stringify(review());
      const head = (type: string) =>
        `POST ${validate} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const socket = await webhook.raw();
      // The second is answered with the end of the connection, so the third never is.
      socket.write(head('application/json') + head('text/plain') + head('application/json'));
      expect(await readToEnd(socket)).to.match(/^HTTP\/1.1 200 OK\r\n(.|\r\n)*HTTP\/1.1 415 /);
      void webhook.running.stop();
      await eventually('it has stopped', 5000, async () => {
        const last = webhook.log.at(-1)?.msg;
        return last === 'stopped' ? { done: true, value: last } : { done: false, seen: last };
      });
    });

    it('asked twice, it waits no longer', async () => {
      const webhook = await start({ drainMs: 60_000 });
      void webhook.running.stop();
      await webhook.running.stop();
      expect(webhook.log.at(-1)).to.include({ msg: 'stopped' });
    });
  });
});
