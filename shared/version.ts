import { version } from '../package.json';

/** The package's version, as in package.json. */
export const VERSION: string = version;

/**
 * The wire's version: an integer, raised by hand when an older peer could no longer understand.
 * Daemon and client compare it only when an answer makes no sense, so that it costs nothing otherwise.
 */
export const PROTOCOL_VERSION = 1;
