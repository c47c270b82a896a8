import { deletionRules } from './deletion.js';
import { identityRules } from './identity.js';
import { nameRules } from './names.js';
import { optionRules } from './options.js';
import { planRules } from './plan.js';
import { podRules } from './pods.js';
import { probeRules } from './probes.js';
import type { Rule } from './rule.js';
import { sizeRules } from './size.js';
import { storageRules } from './storage.js';
import { tlsRules } from './tls.js';
import { versionRules } from './version.js';

/** Every rule, in the order of docs/admission.md. */
export const rules: readonly Rule[] = [
  ...nameRules, // what the objects of a cluster are called
  ...sizeRules, // how many members, and when fewer
  ...storageRules, // volumes, and what fits on them
  ...versionRules, // releases and images
  ...tlsRules, // certificate sources, lives and names
  ...probeRules, // never written by hand
  ...optionRules, // etcd's own settings
  ...podRules, // what may be added to pods
  ...identityRules, // what is settled at birth
  ...deletionRules, // whether it may go
  ...planRules, // what will be done, said beforehand
];
