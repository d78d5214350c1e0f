import pino from 'pino';
import type { LogLevel } from '../shared/schemas.js';
import type { LogEvent, LogFields, Logger } from './core/platform/log.js';

/** A log whose level can be changed while it is written. */
export interface DaemonLogger extends Logger {
  level: string;
}

/** JSON lines on standard error, each written before the call returns, so that the last words are not lost. */
export function createLogger(level: LogLevel): DaemonLogger {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  const log = pino({ ...options, messageKey: 'event' }, pino.destination({ fd: 2, sync: true }));
  const at =
    (name: keyof Logger) =>
    (event: LogEvent, fields: LogFields = {}): void =>
      log[name](fields, event);
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    get level() {
      return log.level;
    },
    set level(next) {
      log.level = next;
    },
  };
}
