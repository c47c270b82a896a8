import { optionRows } from './options.js';
import { podRows } from './pods.js';
import type { Row } from './row.js';
import { schedulingRows } from './scheduling.js';
import { shapeRows } from './shape.js';
import { sizeRows } from './size.js';
import { storageRows } from './storage.js';
import { tlsRows } from './tls.js';
import { versionRows } from './version.js';

export { now, type Row } from './row.js';

/** Every row, by family. */
export const rows: Readonly<Record<string, readonly Row[]>> = {
  shape: shapeRows,
  size: sizeRows,
  storage: storageRows,
  version: versionRows,
  tls: tlsRows,
  options: optionRows,
  pods: podRows,
  scheduling: schedulingRows,
};
