/**
 * X.509: issuing authorities and leaves, reading certificates. Nothing here talks to Kubernetes or knows where a
 * certificate is kept.
 */
export * from './authority.js';
export * from './leaf.js';
export * from './read.js';
export * from './source.js';
