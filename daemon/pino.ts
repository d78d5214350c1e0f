import pino from 'pino';
import type { LogLevel } from '../shared/schemas.js';
import type { Logger } from './core/platform/log.js';

/** A log whose level can be changed while it is written. */
export interface DaemonLogger extends Logger {
  level: string;
}

/** JSON lines on standard error, each written before the call returns, so that the last words are not lost. */
export function createLogger(level: LogLevel): DaemonLogger {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, pino.destination({ fd: 2, sync: true }));
}
