import { expect } from 'chai';
import { buildArguments, groupHash } from '../../localkube/builder.js';
import { etcdVersions, group, groups, requiredVersion } from '../../localkube/groups.js';
import { cacheDir } from '../../localkube/paths.js';

const sources = new Map([
  ['go.mod', 'module a\n'],
  ['go.sum', 'x h1:y\n'],
]);

describe('localkube cache of binaries', () => {
  it('has one key for the same sources, in whatever order they are read', () => {
    const other = new Map([...sources].reverse());
    expect(groupHash(sources, group('pause'))).to.equal(groupHash(other, group('pause')));
    expect(groupHash(sources, group('pause'))).to.match(/^[0-9a-f]{12}$/);
  });

  it('has another key when anything that decides what comes out changes', () => {
    const base = group('etcd-3.6');
    const keys = [
      groupHash(sources, base),
      groupHash(new Map([...sources, ['go.mod', 'module b\n']]), base),
      groupHash(new Map([...sources, ['main.go', '']]), base),
      groupHash(
        new Map([
          ['go.mod', 'module a\nx h1:y\n'],
          ['go.sum', ''],
        ]),
        base,
      ),
      groupHash(sources, { ...base, ldflags: '' }),
      groupHash(sources, { ...base, tools: base.tools.slice(1) }),
    ];
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('names etcd’s server etcd, which go build would call server', () => {
    const etcd = group('etcd-3.6');
    const [server] = etcd.tools;
    expect(server && buildArguments(etcd, server, '/out/etcd')).to.deep.equal([
      'go',
      'build',
      '-p',
      '2',
      '-trimpath',
      '-ldflags',
      '-s -w',
      '-o',
      '/out/etcd',
      'go.etcd.io/etcd/server/v3',
    ]);
  });

  it('tells Kubernetes its own version', () => {
    expect(group('kubernetes').ldflags).to.include('-X k8s.io/component-base/version.gitVersion=v1.34.4');
    expect(group('kubernetes').ldflags).to.include('-X k8s.io/client-go/pkg/version.gitMinor=34');
  });

  it('builds 3.5.21 and the newest of each minor after it, as their go.mod files say', () => {
    expect(etcdVersions.map((each) => each.group)).to.deep.equal(['etcd-3.5.21', 'etcd-3.5', 'etcd-3.6', 'etcd-3.7']);
    expect(etcdVersions[0]?.version).to.equal('3.5.21');
    expect(etcdVersions.map((each) => each.version).join(' ')).to.match(/^3\.5\.21 3\.5\.\d+ 3\.6\.\d+ 3\.7\.\d+$/);
  });

  it('reads the version of a module from either form of require', () => {
    expect(requiredVersion('require a.b/c v1.2.3\n', 'a.b/c')).to.equal('v1.2.3');
    expect(requiredVersion('require (\n\ta.b/c/d v9.0.0\n\ta.b/c v1.2.4-rc.0 // indirect\n)\n', 'a.b/c')).to.equal(
      'v1.2.4-rc.0',
    );
    expect(() => requiredVersion('module a.b/c\n', 'a.b/c')).to.throw('go.mod does not require a.b/c');
  });

  it('names the groups there are when asked for another', () => {
    expect(() => group('etcd')).to.throw(
      `no group of binaries "etcd": must be one of ${groups.map((g) => g.name).join(', ')}`,
    );
  });

  it('lies outside the checkout, where the environment says', () => {
    expect(cacheDir({ QUORATE_CACHE: '/c' })).to.equal('/c');
    expect(cacheDir({ XDG_CACHE_HOME: '/x', HOME: '/h' })).to.equal('/x/quorate');
    expect(cacheDir({ HOME: '/h', QUORATE_CACHE: '' })).to.equal('/h/.cache/quorate');
  });
});
