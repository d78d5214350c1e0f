import { SigilforgeError } from '../errors.js';

/** What a service starts, and with what. */
export interface ServicePlan {
  /** The whole path of Node's program. */
  readonly node: string;
  /** Node's own options, which come before the program. */
  readonly options: readonly string[];
  /** The whole path of the daemon's program. */
  readonly program: string;
  /** Variables that the service has besides those that its manager gives to all. */
  readonly env: Readonly<Record<string, string>>;
  /** The path at which clients look for the daemon. */
  readonly socket: string;
}

/** A file of a service. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** Throws `unsafe_path` for what a unit and a property list cannot hold: then the file would say something else. */
export function assertWritable({ node, options, program, env, socket }: ServicePlan): void {
  for (const text of [node, ...options, program, socket, ...Object.values(env)]) {
    if (/\p{Cc}/u.test(text)) throw unwritable(text);
  }
  // systemd starts no program with these in its path, however they are written.
  if (/["'\\]/.test(node)) throw unwritable(node);
  // systemd reads no quotes there: it would cut off blanks, and take the next line for more of this one.
  if (/^\s|\s$|\\$/.test(socket)) throw unwritable(socket);
}

function unwritable(text: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `No service can be given this: ${text}`, {
    hint: 'Rename the folder, or unset the variable that has it, then run: sigilforge daemon install',
  });
}
