import { expect } from 'chai';
import { acceptedSpec, deriveProbes, type EtcdClusterSpec } from '../../../api/index.js';

const probesOf = (spec: EtcdClusterSpec) => deriveProbes(acceptedSpec(spec));
const livez = { httpGet: { path: '/livez', port: 2381, scheme: 'HTTP' } };

describe('api: derived probes', () => {
  it('of a single member read through it with the certificate of its listener', () => {
    expect(probesOf({ size: 1 }).readiness).to.deep.equal({
      exec: {
        command: [
          '/usr/local/bin/etcdctl',
          '--endpoints=https://localhost:2379',
          '--cacert=/etc/quorate-tls/server/ca.crt',
          '--cert=/etc/quorate-tls/server/tls.crt',
          '--key=/etc/quorate-tls/server/tls.key',
          '--dial-timeout=2s',
          '--command-timeout=4s',
          'endpoint',
          'health',
        ],
      },
      periodSeconds: 2,
      timeoutSeconds: 5,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it('of a single member without TLS, in the layout of Bitnami', () => {
    const image = { layout: 'Bitnami', repository: 'docker.io/bitnamilegacy/etcd' } as const;
    const command = probesOf({ size: 1, image, tls: { client: { source: 'Disabled' } } }).readiness.exec?.command;
    expect(command?.slice(0, 2)).to.deep.equal(['/opt/bitnami/etcd/bin/etcdctl', '--endpoints=http://localhost:2379']);
    expect(command?.some((argument) => argument.startsWith('--c') && argument.includes('cert'))).to.equal(false);
  });

  it('of three members open the client port, so that a lost quorum takes no address away', () => {
    expect(probesOf({ size: 3 }).readiness).to.deep.equal({
      tcpSocket: { port: 2379 },
      periodSeconds: 1,
      timeoutSeconds: 5,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it('with strategy Readyz ask /readyz every second', () => {
    expect(probesOf({ size: 3, probes: { strategy: 'Readyz' } }).readiness).to.deep.include({
      httpGet: { path: '/readyz', port: 2381, scheme: 'HTTP' },
      periodSeconds: 1,
    });
  });

  it('restart and start on /livez at every size and strategy, which no quorum, leader or alarm changes', () => {
    for (const size of [0, 1, 3, 5, 7]) {
      for (const strategy of ['Auto', 'Readyz'] as const) {
        const { liveness, startup } = probesOf({ size, probes: { strategy } });
        expect(liveness).to.deep.include(livez);
        expect(startup).to.deep.include(livez);
      }
    }
  });

  it('allow more time to start for a larger quota', () => {
    const seconds = (backendQuota: string) =>
      probesOf({ size: 1, storage: { size: '100Gi' }, options: { backendQuota } }).startup.failureThreshold;
    expect([seconds('1Gi'), seconds('2Gi'), seconds('8Gi')]).to.deep.equal([420, 540, 1260]);
  });
});
