import { integer, list, object, oneOf, text, type Schema } from '../../schema.js';

const seconds = (description: string, least: number): Schema => integer(description, [least, 86400]);

const probe = (description: string): Schema =>
  object(
    description +
      ' Filled in by the operator; it is shown here so that nobody has to guess. Leave it out of manifests.',
    {
      exec: object(
        'Runs a command in the etcd container.',
        {
          command: list('The command and its arguments; no shell.', 32, text('An argument.', 256)),
        },
        { title: 'ExecAction' },
      ),
      httpGet: object(
        'Asks an HTTP endpoint of the member.',
        {
          path: text('Path of the request.', 64),
          port: integer('Port.', [1, 65535]),
          scheme: oneOf('HTTP or HTTPS.', ['HTTP', 'HTTPS']),
        },
        { title: 'HTTPGetAction', required: ['port'] },
      ),
      tcpSocket: object(
        'Opens a connection.',
        { port: integer('Port.', [1, 65535]) },
        { title: 'TCPSocketAction', required: ['port'] },
      ),
      initialDelaySeconds: seconds('Seconds before the first try.', 0),
      periodSeconds: seconds('Seconds between tries.', 1),
      timeoutSeconds: seconds('Seconds until a try has failed.', 1),
      successThreshold: seconds('Tries that must succeed in a row.', 1),
      failureThreshold: seconds('Tries that must fail in a row.', 1),
    },
    { title: 'Probe', 'x-derived': 'from strategy, size, quota and TLS' },
  );

export const probes = object(
  'How the kubelet judges a member. Startup and liveness ask /livez on the metrics port 2381, which never depends on quorum, leader ' +
    'or alarms: a restart would heal none of these. The time allowed for starting grows with options.backendQuota.',
  {
    strategy: oneOf(
      'Auto: at size 1 readiness runs `etcdctl endpoint health`, which needs a linearizable read; at sizes of 3 and more it ' +
        'opens a connection to port 2379, so that a lost quorum does not take every address away. Readyz: readiness asks ' +
        "etcd's own /readyz every second.",
      ['Auto', 'Readyz'],
      { title: 'ProbeStrategy', default: 'Auto' },
    ),
    readiness: probe('Whether the member gets traffic.'),
    liveness: probe('Whether the container is restarted.'),
    startup: probe('How long the member may take to start.'),
  },
  { title: 'ProbesSpec', default: {} },
);
