import type { Argument, Command, Option } from 'commander';
import { loadCommand } from '../arguments/command.js';

/** Which part of a command line is being typed. */
export type Place =
  | { readonly what: 'subcommand'; readonly command: Command }
  | { readonly what: 'option'; readonly command: Command }
  | Value
  /** A word of another program's command line, which begins at this word. */
  | { readonly what: 'program'; readonly begins: number };

/** The value of an argument or an option. */
export interface Value {
  readonly what: 'value';
  readonly command: Command;
  readonly of: Argument | Option;
  /** The operands that stand before it. */
  readonly operands: readonly string[];
  /** What stands before it in the same word: `--format=`, or nothing. */
  readonly before: string;
}

const HELP = 'help';

/** Where the last of the words is; the first one is the program's name. `undefined` if nothing is taken there. */
export async function placeOf(program: Command, words: readonly string[]): Promise<Place | undefined> {
  const last = words.length - 1;
  const walk = new Walk(program);
  for (const [index, word] of words.slice(1, last).entries()) {
    if (word === '--' && walk.runsPrograms) return { what: 'program', begins: index + 2 };
    await walk.pass(word);
  }
  return walk.placeOf(words[last] ?? '');
}

/** Goes through the words from the left, as commander does. */
class Walk {
  #command: Command;
  /** Whether it is the help of a command that is asked for. */
  #helping = false;
  #operandsOnly = false;
  #operands: string[] = [];
  /** The option whose value is the next word. */
  #open: Option | undefined;

  constructor(program: Command) {
    this.#command = program;
  }

  /** Whether what follows `--` is another program with its arguments. */
  get runsPrograms(): boolean {
    return this.#command.registeredArguments.some((argument) => argument.name() === 'COMMAND');
  }

  async pass(word: string): Promise<void> {
    if (this.#open !== undefined) {
      this.#open = undefined;
    } else if (word === '--') {
      this.#operandsOnly = true;
    } else if (word.startsWith('-') && !this.#operandsOnly) {
      const option = this.#find(word);
      this.#open = option !== undefined && takesValue(option) ? option : undefined;
    } else {
      await this.#passOperand(word);
    }
  }

  placeOf(word: string): Place | undefined {
    if (this.#open !== undefined) return this.#value(this.#open);
    if (word.startsWith('-') && !this.#operandsOnly) return this.#optionAt(word);
    const { commands, registeredArguments } = this.#command;
    if (commands.length > 0 && this.#operands.length === 0) {
      return { what: 'subcommand', command: this.#command };
    }
    if (this.#helping) return undefined;
    if (this.runsPrograms) return { what: 'option', command: this.#command };
    const argument = registeredArguments[this.#operands.length] ?? registeredArguments.at(-1);
    const isOneOfMany = argument?.variadic === true || this.#operands.length < registeredArguments.length;
    return argument !== undefined && isOneOfMany ? this.#value(argument) : undefined;
  }

  #optionAt(word: string): Place | undefined {
    const equals = word.indexOf('=');
    if (!word.startsWith('--') || equals < 0) return { what: 'option', command: this.#command };
    const option = this.#find(word.slice(0, equals));
    if (option === undefined || !takesValue(option)) return undefined;
    return this.#value(option, word.slice(0, equals + 1));
  }

  #value(of: Argument | Option, before = ''): Value {
    return { what: 'value', command: this.#command, of, operands: this.#operands, before };
  }

  async #passOperand(word: string): Promise<void> {
    const isRoot = this.#command.parent === null;
    if (word === HELP && isRoot && !this.#helping) {
      this.#helping = true;
      return;
    }
    const next = this.#operands.length === 0 ? this.#subcommand(word) : undefined;
    if (next === undefined) {
      this.#operands.push(word);
      return;
    }
    await loadCommand(next);
    this.#command = next;
  }

  #subcommand(name: string): Command | undefined {
    return this.#command.commands.find((command) => command.name() === name);
  }

  /** Options of a command are known to those below it too. */
  #find(word: string): Option | undefined {
    return optionsOf(this.#command).find(({ long, short }) => word === long || word === short);
  }
}

/** The options that a command takes, its own first. */
export function optionsOf(command: Command): readonly Option[] {
  return command.parent === null ? command.options : [...command.options, ...rootOf(command).options];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
