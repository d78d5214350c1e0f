import { version } from '../package.json';

/** The package's version, as in package.json. */
export const VERSION: string = version;

/**
 * The wire's version: an integer, raised by hand when an older peer could no longer understand.
 * Daemon and client compare it only when an answer makes no sense, so that it costs nothing otherwise.
 */
export const PROTOCOL_VERSION = 1;

/** Whether one version, as in package.json, comes before another one (semver.org, section 11, by its numbers only). */
export function isOlder(version: string, than: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  const index = one.findIndex((number, place) => number !== other[place]);
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
}

function numbersOf(version: string): number[] {
  const [, ...numbers] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return [0, 1, 2].map((place) => Number(numbers[place] ?? 0));
}
