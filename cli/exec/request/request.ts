import { asReference } from '../../../shared/reference.js';
import { looksLikeReference } from '../../../shared/reference-schemes.js';
import { badArgument } from '../../arguments/context.js';
import { readEnvFile, STANDARD_INPUT } from './env-file.js';
import { checkName, refusePower } from './names.js';

/** The options of `exec` as typed. */
export interface ExecOptions {
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly file: readonly string[];
  readonly stdin: readonly string[];
  readonly fd: readonly string[];
  readonly grant: readonly string[];
  readonly grantFor?: string;
  readonly mask?: boolean;
  readonly allowEnv: readonly string[];
}

/** What the program gets. Every reference in it is well-formed; none has been resolved. */
export interface ExecRequest {
  /** Variables without a reference, from env files. */
  readonly literals: ReadonlyMap<string, string>;
  /** Variables, and the references to their values. */
  readonly variables: ReadonlyMap<string, string>;
  /** Variables that hold the path of a file with the value. */
  readonly files: ReadonlyMap<string, string>;
  /** Descriptors to read the value from; 0 is standard input. */
  readonly descriptors: ReadonlyMap<number, string>;
}

const HIGHEST_DESCRIPTOR = 255;

/** Reads the options. --file and --env win over env files, and these over the inherited environment. */
export async function readRequest(
  options: ExecOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ExecRequest> {
  assertOneUseOfInput(options);
  assertOnce('--env and --file', [...options.env, ...options.file]);
  if (options.stdin.length > 1)
    throw badArgument('--stdin is given twice.', 'Leave out one of them. Other descriptors: --fd');
  assertOnce('--fd', options.fd);
  const request = {
    literals: new Map<string, string>(),
    variables: new Map<string, string>(),
    files: new Map<string, string>(),
    descriptors: readDescriptors(options),
  };
  const set = (where: string, name: string, value: string, chooser: 'person' | 'other' = 'other'): void => {
    refusePower(where, name, chooser, options.allowEnv);
    for (const map of [request.literals, request.variables, request.files]) map.delete(name);
    if (looksLikeReference(value, 'value')) request.variables.set(name, asReference(where, value));
    else request.literals.set(name, value);
  };
  for (const [name, value = ''] of Object.entries(environment)) {
    if (looksLikeReference(value, 'inherited')) set(`The variable ${name}`, name, value);
  }
  for (const file of options.envFile) {
    for (const { name, value, line } of await readEnvFile(file)) set(`${file}, line ${line}`, name, value);
  }
  for (const [name, reference] of assignments('--env', options.env))
    set(`--env ${name}`, name, reference, 'person');
  for (const [name, reference] of assignments('--file', options.file)) {
    set(`--file ${name}`, name, reference, 'person');
    request.variables.delete(name);
    request.files.set(name, reference);
  }
  return request;
}

function assertOneUseOfInput({ envFile, stdin }: ExecOptions): void {
  const uses = envFile.filter((file) => file === STANDARD_INPUT).length;
  if (uses + stdin.length < 2 || uses === 0) return;
  throw badArgument(
    '--env-file - reads standard input, which can be used once.',
    'Name a file instead, or leave out --stdin.',
  );
}

/** Of two values for one name, either could be the one that is meant. */
function assertOnce(what: string, texts: readonly string[]): void {
  const names = texts.map((text) => text.split('=', 1)[0]);
  if (new Set(names).size === names.length) return;
  throw badArgument(`${what}: the same name is given twice.`, 'Leave out one of them.');
}

/** Names and references. Text that is not a reference is never repeated: it may be a value. */
function assignments(option: string, texts: readonly string[]): [name: string, reference: string][] {
  return texts.map((text) => {
    const [name, reference] = halves(option, text);
    checkName(name, option);
    return [name, asReference(`${option} ${name}`, reference)];
  });
}

function readDescriptors({ stdin, fd }: ExecOptions): Map<number, string> {
  const descriptors = new Map<number, string>();
  for (const reference of stdin) descriptors.set(0, asReference('--stdin', reference));
  for (const text of fd) {
    const [number, reference] = halves('--fd', text);
    const descriptor = /^\d{1,3}$/.test(number) ? Number(number) : 0;
    if (descriptor < 3 || descriptor > HIGHEST_DESCRIPTOR) {
      throw badArgument(`--fd takes a number from 3 to ${HIGHEST_DESCRIPTOR}, as in --fd 3=secret://KEY`);
    }
    descriptors.set(descriptor, asReference(`--fd ${descriptor}`, reference));
  }
  return descriptors;
}

function halves(option: string, text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw badArgument(`${option} takes a name and a reference, as in ${option} NAME=secret://KEY`);
}
