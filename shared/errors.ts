import { isErrno } from './errno.js';

/** What belongs to each kind of error: its JSON-RPC code, the CLI's exit status, and what the user can do next. */
interface ErrorEntry {
  readonly code: number;
  readonly exit: number;
  readonly hint: string;
}

/** The hint for a bug of Sigilforge. `log`: where the log is, if that is known. */
export function bugHint(log?: string): string {
  return `This is a bug in Sigilforge. Check the log${log === undefined ? '' : ` (${log})`} and report it.`;
}

/** Every kind of error. Codes and kinds never change their meaning. README.md has the same list. */
export const errorTable = {
  parse_error: { code: -32700, exit: 1, hint: 'Send one JSON value in UTF-8 on each line.' },
  invalid_request: {
    code: -32600,
    exit: 1,
    hint: 'Send a JSON-RPC 2.0 request: jsonrpc, method, params and id.',
  },
  method_not_found: { code: -32601, exit: 1, hint: 'List the methods with: rpc.discover' },
  invalid_params: { code: -32602, exit: 2, hint: 'See the parameters of this method with: rpc.discover' },
  internal_error: {
    code: -32603,
    exit: 1,
    hint: bugHint(),
  },
  not_found: { code: -32001, exit: 3, hint: 'List what exists with: sigilforge list-accounts' },
  auth_required: {
    code: -32002,
    exit: 4,
    hint: 'Sign in again with: sigilforge add-account SERVICE ACCOUNT --replace',
  },
  refresh_failed: {
    code: -32003,
    exit: 5,
    hint: 'Try again later. See the accounts with: sigilforge list-accounts',
  },
  network: { code: -32004, exit: 5, hint: 'Check the network connection, then try again.' },
  vault_locked: {
    code: -32005,
    exit: 6,
    hint: "Unlock your desktop's keychain, or the vault with: sigilforge vault unlock",
  },
  denied: {
    code: -32006,
    exit: 7,
    hint: 'It is not allowed. If it was refused by mistake, try again.',
  },
  already_exists: { code: -32007, exit: 1, hint: 'Choose another name, or replace the existing entry.' },
  invalid_reference: { code: -32008, exit: 2, hint: 'Write a reference like auth://github/work/token' },
  keychain_unavailable: {
    code: -32009,
    exit: 6,
    hint: 'Start a keychain (on Linux: a Secret Service such as GNOME Keyring or KeePassXC), then try again.',
  },
  timeout: { code: -32010, exit: 8, hint: 'Try again. Check the daemon with: sigilforge daemon status' },
  cancelled: { code: -32011, exit: 8, hint: 'Start again when you are ready.' },
  limit_exceeded: { code: -32012, exit: 1, hint: 'Make it smaller, or send fewer at a time.' },
  integrity: { code: -32013, exit: 7, hint: 'Restore the data folder from a backup, or sign in again.' },
  external: { code: -32014, exit: 5, hint: 'Run the external program yourself to see what is wrong.' },
  store_unavailable: {
    code: -32015,
    exit: 10,
    hint: 'Check free space and permissions of the data folder, then try again.',
  },
  incompatible: {
    code: -32016,
    exit: 10,
    hint: 'Update client and daemon to the same version, then run: sigilforge daemon restart',
  },
  config: { code: -32017, exit: 2, hint: 'Correct config.toml, then try again.' },
  unsafe_path: {
    code: -32018,
    exit: 7,
    hint: 'Remove access for others: chmod go-rwx PATH',
  },
  daemon_unavailable: { code: -32099, exit: 9, hint: 'Start the daemon with: sigilforge daemon start' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorKind = keyof typeof errorTable;

/** What a person can give so that a sign-in goes on: a program that can ask for it needs to read no sentence. */
const NEEDS = ['client_id', 'client_secret', 'address_part'] as const;
export type Needs = (typeof NEEDS)[number];

/** An error as it travels: JSON-RPC's error object with `data.kind`, `data.hint` and, where a sign-in lacks it, `data.needs`. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export function isWireError(value: unknown): value is WireError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'number' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

/** The same symbol in every bundle: the client and the library each have a class of their own from this file. */
const BRAND = Symbol.for('sigilforge.SigilforgeError');

/** The only error that callers see: a stable `kind`, a plain sentence without secrets, and a hint. */
export class SigilforgeError extends Error {
  override readonly name = 'SigilforgeError';
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly needs: Needs | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { hint?: string; cause?: unknown; needs?: Needs | undefined } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.hint = options.hint ?? errorTable[kind].hint;
    this.needs = options.needs;
  }

  static {
    Object.defineProperty(SigilforgeError.prototype, BRAND, { value: true });
    Object.defineProperty(SigilforgeError, Symbol.hasInstance, { value: hasInstance });
  }

  get code(): number {
    return errorTable[this.kind].code;
  }

  get exitCode(): number {
    return errorTable[this.kind].exit;
  }

  toWire(): WireError {
    const { code, message, kind, hint, needs } = this;
    return { code, message, data: { kind, hint, ...(needs !== undefined && { needs }) } };
  }
}

/** `instanceof` holds for the errors of every bundle; for a class derived from this one it means what it always does. */
function hasInstance(this: unknown, value: unknown): boolean {
  return this === SigilforgeError
    ? value instanceof Error && BRAND in value
    : Function.prototype[Symbol.hasInstance].call(this, value);
}

/** Anything thrown as a `SigilforgeError`. Other errors become `internal_error`, without their text, which may quote a secret. */
export function asSigilforgeError(thrown: unknown): SigilforgeError {
  if (thrown instanceof SigilforgeError) return thrown;
  if (isErrno(thrown, 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND')) {
    const [, name = 'A module'] = /'([^']+)'/.exec((thrown as Error).message) ?? [];
    return missingFile(name, thrown);
  }
  return new SigilforgeError('internal_error', 'Something went wrong inside Sigilforge.', { cause: thrown });
}

/** What is part of the package is not there, or not as it was built. */
export function missingFile(file: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('incompatible', `${file} is missing or damaged.`, {
    hint: 'Install Sigilforge again; in a checkout of its source, run: npm run build. After an upgrade: sigilforge daemon restart',
    cause,
  });
}

/** The error that a peer sent. An unknown kind falls back to its code, an unknown code to `internal_error`. */
export function fromWire(error: WireError): SigilforgeError {
  const data = typeof error.data === 'object' && error.data !== null ? error.data : {};
  const { kind, hint, needs } = data as Record<string, unknown>;
  const known = typeof kind === 'string' && isErrorKind(kind) ? kind : kindOfCode(error.code);
  return new SigilforgeError(known, error.message, {
    ...(typeof hint === 'string' && { hint }),
    needs: NEEDS.find((need) => need === needs),
  });
}

function isErrorKind(kind: string): kind is ErrorKind {
  return Object.hasOwn(errorTable, kind);
}

function kindOfCode(code: number): ErrorKind {
  const kinds = Object.keys(errorTable) as ErrorKind[];
  return kinds.find((kind) => errorTable[kind].code === code) ?? 'internal_error';
}
