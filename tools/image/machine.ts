/** What building needs of this machine: root on Debian, a few programs, its package sources and npm settings. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { must, run } from '../../test/localkube/exec.js';

const instead =
  'build the image with `docker build`, push it where your cluster pulls from, and pass --context NAME (README, "Install")';

/** Programs and the Debian packages that bring them. */
const programs = { buildah: 'buildah', debootstrap: 'debootstrap', unshare: 'util-linux', tar: 'tar' } as const;

export async function requireMachine(log: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`Building the image here needs root; without it, ${instead}.`);
  const missing = await missingPackages();
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`Building the image here needs Debian (missing: ${missing.join(', ')}); without it, ${instead}.`);
  }
  log(`installing Debian packages: ${missing.join(' ')}`);
  await install(missing);
}

async function missingPackages(): Promise<string[]> {
  const wanted = await Promise.all(
    Object.entries(programs).map(async ([program, name]) => {
      const { code } = await run(['sh', '-c', `command -v ${program}`]);
      return code === 0 ? [] : [name];
    }),
  );
  return [...new Set(wanted.flat())];
}

/** The package lists may be absent or old: they are fetched only when the first try fails. */
async function install(packages: readonly string[]): Promise<void> {
  const apt = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const argv = [...apt, 'install', '--yes', '--no-install-recommends', ...packages];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if ((await run(argv, { env })).code === 0) return;
  await must([...apt, 'update']);
  await must(argv, { env });
}

/** Where this machine gets Debian from. */
export async function debianMirror(): Promise<string> {
  const { stdout } = await run([
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE)',
    'Created-By: Packages',
  ]);
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const targets = stdout.split('\n').map((line) => line.split(' '));
  const mirror = targets.find(([, release]) => release === codename)?.[0];
  if (mirror === undefined || mirror === '') {
    throw new Error(`No Debian package source is configured on this machine (apt-get indextargets); ${instead}.`);
  }
  return mirror;
}

export interface NpmSettings {
  /** Content of an .npmrc for the build stage: this machine's own settings. */
  readonly npmrc: string;
  /** Path of the certificate authorities that this machine's npm trusts, or undefined for the built-in ones. */
  readonly authorities: string | undefined;
  /** Its cache of packages. */
  readonly cache: string;
}

/** npm inside the build stage asks the same registry, with the same rights and authorities, as npm outside it. */
export async function npmSettings(): Promise<NpmSettings> {
  const get = async (key: string): Promise<string> => (await must(['npm', 'config', 'get', key])).trim();
  const known = (value: string): string | undefined => (/^(null|undefined|)$/.test(value) ? undefined : value);
  const files = [await get('globalconfig'), await get('userconfig'), join(homedir(), '.npmrc')];
  const lines = [...new Set(files)]
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  // Credentials and proxies go along; what names a path of this machine does not.
  const carried = [...new Set(lines)].filter((line) =>
    /^\s*(\/\/|_auth|https?-proxy|proxy|noproxy|strict-ssl)/.test(line),
  );
  const authorities = [known(await get('cafile')), process.env['NODE_EXTRA_CA_CERTS']].find(
    (file) => file && existsSync(file),
  );
  return {
    npmrc: [
      `registry=${await get('registry')}`,
      ...(authorities === undefined ? [] : ['cafile=/run/secrets/ca']),
      'update-notifier=false',
      ...carried,
      '',
    ].join('\n'),
    authorities,
    cache: await get('cache'),
  };
}
