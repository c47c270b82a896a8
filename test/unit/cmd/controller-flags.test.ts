import { expect } from 'chai';
import { readFlags, usage } from '../../../cmd/controller-flags.js';

const defaults = {
  kubeconfig: undefined,
  context: undefined,
  namespaces: [],
  leaseNamespace: undefined,
  leaseName: 'quorate-controller',
  bindAddress: undefined,
  metricsPort: 8080,
  workers: 8,
  logLevel: 'info',
};

describe('controller: flags', () => {
  const rows: readonly { given: string; then: Partial<Record<keyof typeof defaults, unknown>> }[] = [
    { given: '', then: {} },
    { given: '--kubeconfig /etc/kube', then: { kubeconfig: '/etc/kube' } },
    { given: '--context=prod', then: { context: 'prod' } },
    { given: '--watch-namespace shop', then: { namespaces: ['shop'] } },
    { given: '--watch-namespace shop --watch-namespace=carts', then: { namespaces: ['shop', 'carts'] } },
    { given: '--watch-namespace=shop,carts,team-1', then: { namespaces: ['shop', 'carts', 'team-1'] } },
    { given: '--watch-namespace shop,carts --watch-namespace shop', then: { namespaces: ['shop', 'carts'] } },
    { given: '--lease-namespace ops', then: { leaseNamespace: 'ops' } },
    { given: '--lease-name quorate.blue', then: { leaseName: 'quorate.blue' } },
    { given: '--bind-address ::1', then: { bindAddress: '::1' } },
    { given: '--metrics-port 0', then: { metricsPort: 0 } },
    { given: '--metrics-port=65535', then: { metricsPort: 65_535 } },
    { given: '--workers 64', then: { workers: 64 } },
    { given: '--log-level debug', then: { logLevel: 'debug' } },
    { given: '--workers 2 --workers 3', then: { workers: 3 } },
  ];
  for (const { given, then } of rows) {
    it(`takes ${given || 'none, each has a default'}`, () =>
      expect(readFlags(given.split(' ').filter(Boolean))).to.deep.equal({
        type: 'flags',
        flags: { ...defaults, ...then },
      }));
  }

  it('takes names after a comma and a space', () =>
    expect(readFlags(['--watch-namespace', 'shop, carts'])).to.deep.equal({
      type: 'flags',
      flags: { ...defaults, namespaces: ['shop', 'carts'] },
    }));

  const mistakes: readonly { given: string; message: string }[] = [
    { given: '--worker 3', message: "Unknown option '--worker'" },
    { given: '-x', message: "Unknown option '-x'" },
    { given: 'run', message: "Unexpected argument 'run'. This command does not take positional arguments" },
    { given: '--workers', message: "Option '--workers <value>' argument missing" },
    { given: '--workers 0', message: '--workers must be a whole number from 1 to 64, not "0"; the nearest is 1' },
    { given: '--workers=65', message: '--workers must be a whole number from 1 to 64, not "65"; the nearest is 64' },
    { given: '--workers=-3', message: '--workers must be a whole number from 1 to 64, not "-3"; the nearest is 1' },
    { given: '--workers=2.6', message: '--workers must be a whole number from 1 to 64, not "2.6"; the nearest is 3' },
    { given: '--workers=', message: '--workers must be a whole number from 1 to 64, not ""; the default is 8' },
    {
      given: '--metrics-port http',
      message: '--metrics-port must be a whole number from 0 to 65535, not "http"; the default is 8080',
    },
    {
      given: '--metrics-port 70000',
      message: '--metrics-port must be a whole number from 0 to 65535, not "70000"; the nearest is 65535',
    },
    { given: '--log-level fatal', message: '--log-level must be one of error, warn, info, debug, not "fatal"' },
    {
      given: '--watch-namespace=',
      message: '--watch-namespace must be the name of a namespace (a DNS label), not ""',
    },
    {
      given: '--watch-namespace=shop,,carts',
      message: '--watch-namespace must be the name of a namespace (a DNS label), not ""',
    },
    {
      given: '--watch-namespace=shop --watch-namespace=*',
      message: '--watch-namespace must be the name of a namespace (a DNS label), not "*"',
    },
    {
      given: '--lease-namespace=Ops',
      message: '--lease-namespace must be the name of a namespace (a DNS label), not "Ops"',
    },
    { given: '--lease-name=', message: '--lease-name must be the name of a Lease (a DNS subdomain), not ""' },
    { given: '--lease-name=a_b', message: '--lease-name must be the name of a Lease (a DNS subdomain), not "a_b"' },
  ];
  for (const { given, message } of mistakes) {
    it(`refuses ${given}`, () => expect(readFlags(given.split(' '))).to.deep.equal({ type: 'mistake', message }));
  }

  it('helps before anything else, and names each flag with its default', () => {
    for (const flag of ['--help', '-h']) expect(readFlags(['--nonsense', flag])).to.deep.equal({ type: 'help' });
    const named = [...usage.matchAll(/^ {2}--([a-z-]+) [A-Z]+ +.*\(default (.+)\)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(named)).to.deep.equal({
      kubeconfig: 'KUBECONFIG, then ~/.kube/config',
      'watch-namespace': 'all',
      'lease-namespace': 'the own namespace, else quorate-system',
      'lease-name': 'quorate-controller',
      'bind-address': 'all',
      'metrics-port': '8080; 0: any free port',
      workers: '8',
      'log-level': 'info',
    });
  });
});
