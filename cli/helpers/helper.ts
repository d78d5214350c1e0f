import type { Definition } from './definition.js';
import type { HelperOptions } from './options.js';

/**
 * A program that Sigilforge can be set up in. Its file is "their protocol to references"; everything that reads, shows,
 * asks, copies and writes is in `changes.ts`, the same for every program.
 */
export interface Helper {
  /** What `helper install` calls it. */
  readonly name: string;
  /** What it does, for the list. */
  readonly summary: string;
  /** The program that it is for, as it is found in PATH. */
  readonly program: string;
  /** Others that read the same configuration: one of them is enough. */
  readonly alternatives?: readonly string[];
  /** The options that it takes. */
  readonly takes: readonly (keyof HelperOptions)[];
  /** A whole command line that sets it up. */
  readonly example: string;
  /** What to write where. `command`: the words that start Sigilforge, to be quoted as the program wants them. */
  install(options: HelperOptions, command: readonly string[]): Promise<readonly Edit[]> | readonly Edit[];
  /** What takes away exactly what `install` wrote, and nothing where there is nothing of it. */
  uninstall(options: HelperOptions): Promise<readonly Edit[]> | readonly Edit[];
  /** What the program's own command needs to know besides, for both of them. */
  defines?(options: HelperOptions): Definition | undefined;
  /** What is set up. It starts no program of Sigilforge and uses no network. */
  examine(): Promise<readonly Setup[]> | readonly Setup[];
  /** What a person should know once it is set up, such as another program that keeps what it is given. */
  advice?(options: HelperOptions): Promise<readonly string[]> | readonly string[];
}

/** A change of one file of another program. */
export interface Edit {
  readonly file: string;
  /**
   * The new text; the old one is empty if there is no file. A file that is empty afterwards, and was not there before
   * `helper install`, is removed. Throws if the text is not one that can be changed safely.
   */
  readonly change: (text: string) => string;
  /** Whether something of ours is in it already: a copy of the file as it was is made before that. */
  readonly holdsOurs: (text: string) => boolean;
  /** The permission bits of a file that is not there yet; without it, private (0600). */
  readonly mode?: number;
  /** Shown instead of the lines that change, where they may hold secrets of the program. */
  readonly shown?: readonly string[];
}

/** One place where Sigilforge is set up in a program. */
export interface Setup {
  readonly file: string;
  /** What it is for there, such as `https://github.com`. */
  readonly serves: string;
  /** The file that the program starts; `undefined` if it is looked for in PATH. */
  readonly starts: string | undefined;
  /** The name that is looked for in PATH, if it is not `sigilforge`. */
  readonly looksFor?: string;
  /** The account that it names, or only its service. */
  readonly service?: string;
  readonly account?: string;
}
