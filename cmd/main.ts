/**
 * The image's entry point: the first argument names the role, and only that role's modules are loaded. The rest of the
 * arguments are the role's own (`quorate webhook --help`).
 */
import { environment } from './environment.js';

/** The package's version, put in by tools/bundle.mjs; absent when run from source. */
declare const QUORATE_VERSION: string | undefined;
const version = typeof QUORATE_VERSION === 'string' ? QUORATE_VERSION : 'source';

const roles = {
  webhook: { summary: 'judge specs as the API server asks', load: () => import('./webhook.js') },
  controller: { summary: 'carry out accepted specs', load: () => import('./controller.js') },
} as const;

const usage = `Quorate ${version}: etcd clusters on Kubernetes

Usage: quorate ROLE [OPTIONS]

${Object.entries(roles)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join('\n')}

  quorate ROLE --help    the options of a role
  quorate --version      the version alone
`;

async function main([name = '', ...argv]: string[]): Promise<void> {
  if (name === '--version') return print(`${version}\n`);
  if (name === '--help' || name === 'help') return print(usage);
  if (!isRole(name)) {
    process.stderr.write(`quorate: ${name === '' ? 'no role given' : `no role "${name}"`}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const role = await roles[name].load();
  await role.main(argv, environment);
}

const isRole = (name: string): name is keyof typeof roles => Object.hasOwn(roles, name);

const print = (text: string): void => void process.stdout.write(text);

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`quorate: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
