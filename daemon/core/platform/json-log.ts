import fs from 'node:fs';
import { appendToLog } from '../../../shared/log-file.js';
import type { LogLevel } from '../../../shared/schemas.js';
import type { LogEvent, LogFields, Logger } from './log.js';
import { onTrace } from './trace.js';

const NUMBERS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const satisfies Record<
  LogLevel,
  number
>;

/** Where lines go. It may throw: the log ignores that. */
type Sink = (line: string) => void;

/** JSON lines with `level`, `time`, `pid` and `event`, each written before the call returns. No method ever throws. */
export class JsonLog implements Logger {
  /** Where the lines are, in words for a person. */
  readonly place: string;
  readonly #write: Sink;
  #level: LogLevel = 'error';
  #endTrace: (() => void) | undefined;

  private constructor(place: string, write: Sink, level: LogLevel) {
    this.place = place;
    this.#write = write;
    this.level = level;
  }

  /** For a program that uses the library: it appends to the daemon's log, and is silent if that cannot be used. */
  static toFile(file: string, level: LogLevel): JsonLog {
    return new JsonLog(file, (line) => appendToLog(file, line), level);
  }

  /**
   * For the daemon: standard error. If that is the log file, which `sigilforge daemon start` arranges, lines are appended
   * by its name, so that a rotation by another process is followed.
   */
  static ofDaemon(file: string, level: LogLevel): JsonLog {
    if (!isStandardError(file)) {
      const fd = standardErrorOpenedAgain();
      return new JsonLog("the daemon's standard error", (line) => fs.writeFileSync(fd, line), level);
    }
    return new JsonLog(
      file,
      (line) => {
        try {
          appendToLog(file, line);
        } catch {
          writeToStandardError(line);
        }
      },
      level,
    );
  }

  get level(): LogLevel {
    return this.#level;
  }

  /** At `trace`, every named point that the process passes is a line too. */
  set level(level: LogLevel) {
    this.#level = level;
    if (level !== 'trace') this.close();
    else
      this.#endTrace ??= onTrace(({ point, account }) => this.trace('trace', { point, account_id: account }));
  }

  trace(event: LogEvent, fields?: LogFields): void {
    this.#log('trace', event, fields);
  }

  debug(event: LogEvent, fields?: LogFields): void {
    this.#log('debug', event, fields);
  }

  info(event: LogEvent, fields?: LogFields): void {
    this.#log('info', event, fields);
  }

  warn(event: LogEvent, fields?: LogFields): void {
    this.#log('warn', event, fields);
  }

  error(event: LogEvent, fields?: LogFields): void {
    this.#log('error', event, fields);
  }

  /** Stops listening to the named points. Lines are written as before. */
  close(): void {
    this.#endTrace?.();
    this.#endTrace = undefined;
  }

  #log(level: LogLevel, event: LogEvent, fields: LogFields | undefined): void {
    if (NUMBERS[level] < NUMBERS[this.#level]) return;
    const time = new Date().toISOString();
    try {
      this.#write(`${JSON.stringify({ level: NUMBERS[level], time, pid: process.pid, ...fields, event })}\n`);
    } catch {
      // A full disk or a closed pipe must not change what the program does.
    }
  }
}

function isStandardError(file: string): boolean {
  try {
    const stats = fs.fstatSync(2);
    const named = fs.lstatSync(file);
    return stats.isFile() && stats.dev === named.dev && stats.ino === named.ino;
  } catch {
    return false;
  }
}

/**
 * Standard error; if it is a pipe, opened again so that a reader who has stopped reading loses lines instead of stopping the
 * daemon. Who else has the pipe keeps it as it was. Only Linux can do that.
 */
function standardErrorOpenedAgain(): number {
  try {
    if (!fs.fstatSync(2).isFIFO()) return 2;
    return fs.openSync('/proc/self/fd/2', fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  } catch {
    return 2;
  }
}

function writeToStandardError(line: string): void {
  fs.writeFileSync(2, line);
}
