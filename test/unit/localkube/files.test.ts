import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { certificate, oid } from '../../localkube/der.js';
import { imageArchive } from '../../localkube/image.js';
import { tar } from '../../localkube/tar.js';

const notBefore = new Date('2026-01-02T03:04:05Z');
const notAfter = new Date('2036-01-02T03:04:05Z');

describe('localkube files made by hand', () => {
  it('writes object identifiers as RFC examples have them', () => {
    expect(oid('1.2.840.10045.4.3.2').toString('hex')).to.equal('06082a8648ce3d040302');
    expect(oid('2.5.29.17').toString('hex')).to.equal('0603551d11');
  });

  it('writes an authority and a leaf that OpenSSL takes for what they are', () => {
    const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issuer = { subject: { commonName: 'ca' }, privateKey: authority.privateKey };
    const ca = new X509Certificate(
      certificate({ subject: issuer.subject, publicKey: authority.publicKey, notBefore, notAfter }, issuer),
    );
    const made = new X509Certificate(
      certificate(
        {
          subject: { commonName: 'system:node:node1', organization: 'system:nodes' },
          publicKey: leaf.publicKey,
          leaf: { dns: ['node1', 'node1.local'], addresses: ['10.64.0.11'] },
          notBefore,
          notAfter,
        },
        issuer,
      ),
    );
    expect([ca.ca, ca.verify(authority.publicKey), made.ca, made.verify(authority.publicKey)]).to.deep.equal([
      true,
      true,
      false,
      true,
    ]);
    expect(made.checkIssued(ca)).to.equal(true);
    expect(made.checkPrivateKey(leaf.privateKey)).to.equal(true);
    expect(made.subject).to.equal('O=system:nodes\nCN=system:node:node1');
    expect(made.subjectAltName).to.equal('DNS:node1, DNS:node1.local, IP Address:10.64.0.11');
    expect([new Date(made.validFrom), new Date(made.validTo)]).to.deep.equal([notBefore, notAfter]);
  });

  it('writes archives that tar reads, the same each time', () => {
    const entries = [{ path: 'a' }, { path: 'a/b', body: Buffer.from('text'), mode: 0o755 }];
    const listed = spawnSync('tar', ['-tv', '--numeric-owner', '--utc', '-f', '-'], { input: tar(entries) });
    const rows = listed.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));
    expect(rows).to.deep.equal(['drwxr-xr-x 0/0 0 1970-01-01 00:00 a/', '-rwxr-xr-x 0/0 4 1970-01-01 00:00 a/b']);
    expect(tar(entries).equals(tar(entries))).to.equal(true);
  });

  it('writes an image whose every part is found by its digest', () => {
    const archive = imageArchive({
      name: 'example.com/tool:v1',
      files: [{ path: 'usr/local/bin/tool', body: Buffer.from('#!') }],
      command: ['/usr/local/bin/tool'],
    });
    const read = (path: string): Buffer => spawnSync('tar', ['-xO', '-f', '-', path], { input: archive }).stdout;
    const part = (described: { readonly digest: string; readonly size: number }): Buffer => {
      const body = read(`blobs/sha256/${described.digest.replace('sha256:', '')}`);
      expect([`sha256:${createHash('sha256').update(body).digest('hex')}`, body.length]).to.deep.equal([
        described.digest,
        described.size,
      ]);
      return body;
    };
    const index = JSON.parse(read('index.json').toString()) as {
      readonly manifests: readonly [Described & { readonly annotations: object }];
    };
    expect(index.manifests[0].annotations).to.deep.equal({
      'io.containerd.image.name': 'example.com/tool:v1',
      'org.opencontainers.image.ref.name': 'v1',
    });
    const manifest = JSON.parse(part(index.manifests[0]).toString()) as {
      readonly config: Described;
      readonly layers: readonly [Described];
    };
    const config = JSON.parse(part(manifest.config).toString()) as { readonly rootfs: unknown };
    expect(config.rootfs).to.deep.equal({ type: 'layers', diff_ids: [manifest.layers[0].digest] });
    const files = spawnSync('tar', ['-t', '-f', '-'], { input: part(manifest.layers[0]) })
      .stdout.toString()
      .trim()
      .split('\n');
    expect(files).to.deep.equal([
      'etc/',
      'usr/',
      'usr/local/',
      'usr/local/bin/',
      'tmp/',
      'etc/passwd',
      'usr/local/bin/tool',
    ]);
  });
});

interface Described {
  readonly digest: string;
  readonly size: number;
}
