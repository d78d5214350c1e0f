import path from 'node:path';
import { badArgument } from '../arguments/context.js';
import type { Output } from '../terminal/output.js';
import { type Destination, destinationOf, isStandardOutput } from './destination.js';
import { writeTo } from './write.js';

/** A file that a command was told to write; see `destinationOf` for what that means for links, pipes, `-` and others. */
export interface NamedFile {
  readonly isStandardOutput: boolean;
  write(content: Buffer): Promise<void>;
}

/** Judges the path, before anything is asked for in vain. With `exclusive` an existing file is not replaced. */
export function namedFile(
  output: Output,
  name: string,
  options: { readonly exclusive?: boolean } = {},
): NamedFile {
  assertCurrentFolder(name);
  const destination: Destination = destinationOf(name, options);
  const isOutput = isStandardOutput(destination);
  return {
    isStandardOutput: isOutput,
    write: async (content) =>
      isOutput ? output.bytes(content) : writeTo(destination, name, content, options),
  };
}

/** Throws for a path from the current folder on if that has been removed. */
export function assertCurrentFolder(name: string): void {
  if (path.isAbsolute(name)) return;
  try {
    process.cwd();
  } catch {
    throw badArgument('The current folder no longer exists.', 'Change to another folder, then try again.');
  }
}
