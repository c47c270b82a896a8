import { Etcd3, type IOptions } from 'etcd3';
import { noop } from 'cockatiel';
import type { Access } from './protocol.js';

/**
 * An etcd3 client that repeats nothing, breaks no circuit and gives up at its deadline. The local subchannel pool is what makes a fresh
 * client fresh: without it a new one is handed the old one's dead connection, back-off included.
 */
export function connect(access: Access, deadlineMs: number): Etcd3 {
  const options: IOptions = {
    hosts: access.endpoint,
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + deadlineMs }),
    grpcOptions: {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 2000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
    },
  };
  if (access.tls === undefined) return new Etcd3(options);
  const { ca, cert, key } = access.tls;
  const credentials = { rootCertificate: Buffer.from(ca), certChain: Buffer.from(cert), privateKey: Buffer.from(key) };
  return new Etcd3({ ...options, credentials });
}

/**
 * One connection, replaced by a fresh one when a call on it failed: behind a Service, a dead endpoint then costs its deadline once, and
 * the next connection is balanced to a living one.
 */
export class Reconnecting {
  private client: Etcd3;
  private born = performance.now();

  constructor(
    private readonly access: Access,
    private readonly deadlineMs: number,
    private readonly minLifeMs = 100,
  ) {
    this.client = connect(access, deadlineMs);
  }

  get current(): Etcd3 {
    return this.client;
  }

  /** Tells that a call on `client` failed. Failures of a connection already replaced, or just made, change nothing. */
  failed(client: Etcd3): void {
    if (client !== this.client || performance.now() - this.born < this.minLifeMs) return;
    this.client = connect(this.access, this.deadlineMs);
    this.born = performance.now();
    // Its other calls may still be answered; closed at once, they would fail without having been refused.
    setTimeout(() => client.close(), this.deadlineMs + 100).unref();
  }

  close(): void {
    this.client.close();
  }
}
