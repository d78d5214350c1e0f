import type { Environment } from '../../shared/paths.js';

/** What a terminal can show. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Whether a line can be drawn again in its place. */
  readonly moves: boolean;
  readonly hasColours: boolean;
  /** Whether it shows more than ASCII. */
  readonly hasUnicode: boolean;
}

/** The terminal that standard error is; `undefined` if it is something else. */
export function screenOf(
  stream: NodeJS.WriteStream = process.stderr,
  env: Environment = process.env,
): Screen | undefined {
  if (stream.isTTY !== true) return undefined;
  const moves = !isDumb(env);
  return {
    columns: stream.columns || 80,
    rows: stream.rows || 24,
    moves,
    hasColours: moves && stream.hasColors(),
    hasUnicode: moves && hasUnicode(env),
  };
}

/** Whether the terminal says that it knows no sequences. */
export function isDumb(env: Environment = process.env): boolean {
  return env['TERM'] === 'dumb';
}

/** By the locale. Where none is set, as in many containers, the terminal around them is usually a good one. */
export function hasUnicode(env: Environment = process.env, platform = process.platform): boolean {
  if (platform === 'win32') return true;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return locale ? /utf-?8/i.test(locale) : env['TERM'] !== 'linux';
}
