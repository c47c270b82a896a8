/**
 * Admission over TLS: AdmissionReview in and out, certificates, drain, metrics and probes. What is right and wrong in an
 * object is api/'s to say; nothing here reads from Kubernetes or writes to it.
 */
export type { Judge, JudgedKind } from './admission.js';
export { runWebhook, type RunningWebhook, type WebhookNeeds, type WebhookOptions } from './run.js';
