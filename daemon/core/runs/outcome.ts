import type { Ending } from './history.js';
import type { Exit } from './launch/process.js';

/** What a program has said by its end. */
interface Said {
  readonly result: { readonly response: string } | undefined;
  readonly failure: string | undefined;
}

/** What the end of a program means, if it was not ended from outside. */
export function outcomeOf(exit: Exit, { result, failure }: Said): Ending {
  if (failure !== undefined) return failed(exit, failure);
  if (exit.code !== 0) return failed(exit, sentenceOf(exit));
  if (result === undefined) return failed(exit, 'Its program ended without a result.');
  return { status: 'completed', exitCode: 0, response: result.response };
}

/** The same for a program that stays up: it need not end with a result. */
export function outcomeOfBot(exit: Exit, said: Said): Ending {
  if (exit.code !== 0 || said.failure !== undefined || said.result !== undefined)
    return outcomeOf(exit, said);
  return { status: 'completed', exitCode: 0 };
}

function failed({ code }: Exit, error: string): Ending {
  return { status: 'failed', error, exitCode: code ?? undefined };
}

function sentenceOf({ code, signal }: Exit): string {
  return signal === null ? `Its program ended with status ${code}.` : `Its program was ended by ${signal}.`;
}
