import { expect } from 'chai';
import { readFlags, usage } from '../../../webhook/flags.js';

describe('webhook: flags', () => {
  const defaults = {
    files: {
      cert: '/etc/quorate/webhook-tls/tls.crt',
      key: '/etc/quorate/webhook-tls/tls.key',
      clientCa: undefined,
    },
    bindAddress: undefined,
    port: 9443,
    metricsPort: 8080,
    drainMs: 10_000,
    maxConnections: 1024,
    logLevel: 'info',
  };

  it('has a default for each', () => expect(readFlags([])).to.deep.equal({ type: 'flags', flags: defaults }));

  it('takes each, in both spellings', () => {
    const argv = '--cert-file=a --key-file b --client-ca-file c --bind-address ::1 --port=1 --metrics-port 2';
    const more = '--drain-seconds 0 --max-connections=3 --log-level debug';
    expect(readFlags([...argv.split(' '), ...more.split(' ')])).to.deep.equal({
      type: 'flags',
      flags: {
        files: { cert: 'a', key: 'b', clientCa: 'c' },
        bindAddress: '::1',
        port: 1,
        metricsPort: 2,
        drainMs: 0,
        maxConnections: 3,
        logLevel: 'debug',
      },
    });
  });

  const mistakes: { argv: string[]; message: string }[] = [
    { argv: ['--prot', '1'], message: 'no flag --prot; did you mean --port?' },
    { argv: ['--cert-dir=/x'], message: 'no flag --cert-dir; did you mean --cert-file?' },
    {
      argv: ['--port', '70000'],
      message: '--port must be a whole number from 0 to 65535, not "70000"; nearest valid: 65535',
    },
    {
      argv: ['--port', 'https'],
      message: '--port must be a whole number from 0 to 65535, not "https"; nearest valid: 9443',
    },
    {
      argv: ['--drain-seconds=2.6'],
      message: '--drain-seconds must be a whole number from 0 to 600, not "2.6"; nearest valid: 3',
    },
    {
      argv: ['--max-connections=-1'],
      message: '--max-connections must be a whole number from 1 to 65535, not "-1"; nearest valid: 1',
    },
    {
      argv: ['--log-level', 'inf'],
      message: '--log-level must be one of fatal, error, warn, info, debug; the nearest to "inf" is info',
    },
    { argv: ['--key-file='], message: '--key-file must name a file; the default is /etc/quorate/webhook-tls/tls.key' },
    { argv: ['--port'], message: "Option '--port <value>' argument missing" },
    { argv: ['serve'], message: "Unexpected argument 'serve'. This command does not take positional arguments" },
    { argv: ['-x'], message: "Unknown option '-x'" },
  ];
  for (const { argv, message } of mistakes) {
    it(`refuses ${argv.join(' ')}`, () => expect(readFlags(argv)).to.deep.equal({ type: 'mistake', message }));
  }

  it('helps before anything else, and names each flag', () => {
    expect(readFlags(['--nonsense', '--help'])).to.deep.equal({ type: 'help' });
    for (const name of ['cert-file', 'client-ca-file', 'drain-seconds', 'log-level'])
      expect(usage).to.contain(`--${name} `);
  });
});
