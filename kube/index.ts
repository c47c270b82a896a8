/**
 * Talking to the Kubernetes API: transport, calls, reflectors, work queue, leader election. Nothing here knows what an etcd cluster
 * is, nor decides anything.
 */
export * from './api-client.js';
export type * from './client.js';
export * from './connection.js';
export * from './errors.js';
export * from './leader-elector.js';
export * from './objects.js';
export * from './reflector.js';
export * from './resources.js';
export type * from './store.js';
export * from './work-queue.js';
