/** One gRPC connection to one member: calls with deadlines and signals, nothing repeated, nothing of etcd's meaning. */
import { Client, Metadata, credentials, type ServiceError } from '@grpc/grpc-js';
import type { Environment } from '../api/environment.js';
import { EtcdError } from './errors.js';
import { fromServiceError, isTransportFailure } from './failures.js';
import { method } from './proto.js';
import type { CallOptions, ClientCertificate } from './types.js';

export interface MemberTarget {
  /** "10.0.0.5:2379": the pod's own address, so that no name lookup stands between the question and this member. */
  readonly address: string;
  /** The name that the member's certificate must carry. */
  readonly serverName: string;
  /** Absent: plain text. */
  readonly tls?: ClientCertificate | undefined;
}

const channelOptions = {
  'grpc.enable_retries': 0,
  // A pod's address is not to be asked of a proxy, nor its name service of a service configuration.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // Below 5 s etcd answers with too_many_pings and hangs up (--grpc-keepalive-min-time).
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  // The shared pool would hand a new channel the old one's broken connection, together with its backoff.
  'grpc.use_local_subchannel_pool': 1,
} as const;

export interface Call {
  readonly service: 'KV' | 'Cluster' | 'Maintenance';
  readonly name: string;
  readonly request: object;
  /** A change whose reply is lost may have happened. */
  readonly isChange: boolean;
}

export interface Connection {
  /** Resolves to the decoded answer, in the shapes of proto.ts; rejects with an EtcdError. */
  call(call: Call, options?: CallOptions): Promise<unknown>;
  close(): void;
}

export function createConnection(
  target: MemberTarget,
  options: { readonly deadlineMs: number; readonly environment: Environment },
): Connection {
  const underWay = new Set<() => void>();
  let client: Client | undefined;
  let isClosed = false;

  // After a failure the next call starts on a new connection. Left alone, gRPC backs off for up to two minutes, an
  // attempt whose packets were swallowed ends with the kernel's patience only, and a peer that vanished without a word
  // is noticed by keepalive after 15 s. Calls under way on the old one still get their answers.
  function retire(failed: Client): void {
    failed.close();
    if (client === failed) client = undefined;
  }

  function call(asked: Call, { signal, deadlineMs = options.deadlineMs }: CallOptions = {}): Promise<unknown> {
    const isOver = () => isClosed || signal?.aborted === true;
    if (isOver()) return Promise.reject(new EtcdError('Aborted', 'aborted before it was sent', false));
    const current = (client ??= open(target));
    const deadline = options.environment.clock.now() + deadlineMs;
    return new Promise((resolve, reject) => {
      const running = unary(current, asked, deadline, (error, answer) => {
        signal?.removeEventListener('abort', cancel);
        underWay.delete(cancel);
        if (error === null) return resolve(answer);
        if (isOver()) return reject(new EtcdError('Aborted', 'aborted', asked.isChange, { cause: error }));
        if (isTransportFailure(error)) retire(current);
        reject(fromServiceError(error, asked.isChange));
      });
      const cancel = () => running.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      underWay.add(cancel);
    });
  }

  return {
    call,
    close() {
      isClosed = true;
      for (const cancel of underWay) cancel();
      client?.close();
      client = undefined;
    },
  };
}

function open({ address, serverName, tls }: MemberTarget): Client {
  if (tls === undefined) return new Client(address, credentials.createInsecure(), channelOptions);
  const pem = (text: string) => Buffer.from(text);
  return new Client(address, credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.certificate)), {
    ...channelOptions,
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
  });
}

type Done = (error: ServiceError | null, answer?: object) => void;

function unary(client: Client, { service, name, request }: Call, deadline: number, done: Done): { cancel(): void } {
  const { path, requestSerialize, responseDeserialize } = method(service, name);
  return client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    new Metadata(),
    { deadline },
    done,
  );
}
