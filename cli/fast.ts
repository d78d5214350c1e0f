import { type Context, isGlobalOption } from './context.js';

interface Reading {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Answers the two commands that programs call all the time before the argument parser is loaded. Anything but their
 * ordinary form (help, `--`, `--name=value`, a mistake) is left to program.ts, which gives the same answer.
 */
export async function answerFast(args: readonly string[], context: Context): Promise<boolean> {
  const [command, ...rest] = args.filter((argument) => !isGlobalOption(argument));
  if (command === 'get-token') return getToken(rest, context);
  if (command === 'resolve') return resolve(rest, context);
  return false;
}

async function getToken(args: readonly string[], context: Context): Promise<boolean> {
  const { operands, options } = read(args, ['--min-valid', '--format']) ?? { operands: [] };
  const [service, account, ...more] = operands;
  if (service === undefined || more.length > 0) return false;
  const { printToken } = await import('./commands/get-token.js');
  await printToken(context, {
    service,
    account,
    minValid: options?.['--min-valid'],
    format: options?.['--format'],
  });
  return true;
}

async function resolve(args: readonly string[], context: Context): Promise<boolean> {
  const explain = args.includes('--explain');
  const { operands } = read(
    args.filter((argument) => argument !== '--explain'),
    [],
  ) ?? { operands: [] };
  const [reference, ...more] = operands;
  if (reference === undefined || more.length > 0) return false;
  const { printValue } = await import('./commands/resolve.js');
  await printValue(context, reference, explain);
  return true;
}

/** Operands and `--name value` pairs, or `undefined` where anything else stands among them. */
function read(args: readonly string[], names: readonly string[]): Reading | undefined {
  const operands: string[] = [];
  const options: Record<string, string> = {};
  const rest = args.values();
  for (const argument of rest) {
    if (!argument.startsWith('-')) {
      operands.push(argument);
      continue;
    }
    const value = names.includes(argument) ? rest.next().value : undefined;
    if (value === undefined || value.startsWith('-')) return undefined;
    options[argument] = value;
  }
  return { operands, options };
}
