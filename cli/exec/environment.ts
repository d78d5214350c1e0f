import { isUtf8 } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { badArgument } from '../arguments/context.js';
import type { ExecRequest } from './request/request.js';

/** The program's environment, except the paths of its files. Throws if a variable cannot hold a value. */
export function environmentOf(
  request: ExecRequest,
  values: ReadonlyMap<string, Buffer>,
  inherited: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  // Without a prototype, a variable named __proto__ is one like all others.
  const environment: NodeJS.ProcessEnv = Object.assign(Object.create(null), inherited);
  for (const [name, value] of request.literals) environment[name] = textFor(name, Buffer.from(value));
  for (const [name, reference] of request.variables) {
    environment[name] = textFor(`${name} (${reference})`, values.get(reference));
  }
  return environment;
}

/** Writes the files of the request (0600) into the run's folder. Returns the variables with their paths. */
export function writeFiles(
  { files }: ExecRequest,
  values: ReadonlyMap<string, Buffer>,
  folder: string,
): NodeJS.ProcessEnv {
  const paths = [...files].map(([name, reference]) => {
    const file = path.join(folder, name);
    writeFileSync(file, values.get(reference) ?? '', { mode: 0o600, flag: 'wx' });
    return [name, file];
  });
  return Object.fromEntries(paths);
}

function textFor(what: string, value: Buffer = Buffer.alloc(0)): string {
  const hint = 'Pass it as a file or a descriptor: --file or --fd.';
  if (value.includes(0))
    throw badArgument(`${what}: a variable cannot hold a value with a NUL byte in it.`, hint);
  if (!isUtf8(value))
    throw badArgument(`${what}: a variable cannot hold a value that is not UTF-8 text.`, hint);
  return value.toString();
}
