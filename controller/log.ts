import { ApiError } from '../kube/index.js';

/** The part of pino that is used, so that a test can hand in a plain object. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Never the object that failed: it may hold a Secret. */
export function describe(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.reason}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
