import { errorTable as kinds, SigilforgeError } from '../../shared/errors.js';
import { commandsIn } from './commands.js';
import { type ErrorRow, errorTable } from './error-table.js';
import type { FakeProvider } from './provider/fake-provider.js';
import { openPage } from './provider/person.js';
import type { DaemonBackend } from './start/backends.js';

/** Errors that were really made, held against the list of every error text. */
export class RaisedErrors {
  readonly #rows = errorTable();
  readonly #raised = new Set<ErrorRow>();

  /** The error that `work` ends with. Throws if it ends well, or with an error that is not in the list. */
  async of(work: () => unknown): Promise<SigilforgeError> {
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof SigilforgeError)) throw thrown;
      this.#note(thrown);
      return thrown;
    }
    throw new Error('There was no error.');
  }

  /** Those of the files that begin so, and that have not been made. */
  missing(files: readonly string[]): string[] {
    const wanted = this.#rows.filter(
      ({ at, state }) => files.some((file) => at.startsWith(file)) && !/^passes on/.test(state),
    );
    return wanted
      .filter((row) => !this.#raised.has(row))
      .map(({ sentence, hint }) => (sentence === '{}' ? hint : sentence));
  }

  #note({ kind, message, hint }: SigilforgeError): void {
    const sentences = this.#rows.filter((row) => {
      const known = row.sentence === '{}' ? row.kind === '{}' && row.hint : row.sentence;
      return known && known !== '{}' && [kind, '{}'].includes(row.kind) && fits(message, known);
    });
    const whole = sentences.filter(
      (row) => row.sentence === '{}' || row.hint === '{}' || fits(hint, usual(row, kind)),
    );
    const hints = this.#rows.filter((row) => row.hint !== '{}' && fits(hint, usual(row, kind)));
    if (whole.length === 0 || hints.length === 0) {
      throw new Error(`This is not in the list: ${kind} | ${message} | ${hint}`);
    }
    for (const row of [...whole, ...hints.filter((row) => row.sentence === '{}' || whole.includes(row))])
      this.#raised.add(row);
  }
}

function usual({ hint }: ErrorRow, kind: keyof typeof kinds): string {
  return hint === 'default' ? kinds[kind].hint : hint;
}

/** Whether a text is what the list has, with anything in its holes. */
function fits(text: string, pattern: string): boolean {
  // Where the account is known, its names and options are in the place of these.
  const named = pattern.replaceAll('SERVICE ACCOUNT --replace', '{}');
  return named.split(' // ').some((one) => {
    const literal = one.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${literal.join('.*')}$`, 's').test(text);
  });
}

/** What a person puts in for the words in capitals, and types when they are asked. */
interface Person {
  readonly words?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Does what a hint says: runs each of its commands as a person would, browser and all. Throws if one of them fails. */
export async function follow(
  { sandbox }: Pick<DaemonBackend, 'sandbox'>,
  { hint }: SigilforgeError,
  { words = {}, input = '' }: Person = {},
): Promise<string[]> {
  const lines = commandsIn(hint);
  if (lines.length === 0) throw new Error(`There is no command in this hint: ${hint}`);
  for (const line of lines) {
    const [, ...args] = line.split(' ').map((word) => words[word] ?? word.replace(/^'(.*)'$/, '$1'));
    const isByBrowser = args[0] === 'add-account' && !/--(api-key|key-file|flow)/.test(line);
    const cli = sandbox.start(
      [...args, ...(isByBrowser ? ['--no-browser'] : [])],
      isByBrowser ? {} : { input },
    );
    if (isByBrowser) await comeBack(await cli.seen(/^(http\S+)$/m));
    const end = await cli.exited;
    if (end.code !== 0) throw new Error(`${line} ended with ${end.code}: ${end.stderr}`);
  }
  return lines;
}

/** Opens the address that the browser would come back to after the person has agreed. */
async function comeBack([, address = '']: RegExpExecArray): Promise<void> {
  const query = new URL(address).searchParams;
  const back = new URL(query.get('redirect_uri') ?? '');
  back.search = new URLSearchParams({ code: 'a code', state: query.get('state') ?? '' }).toString();
  await openPage(back);
}

/** Makes a provider known by the addresses of the scripted one. */
export function knows(
  { api }: Pick<DaemonBackend, 'api'>,
  fake: FakeProvider,
  id: string,
  settings: Partial<Parameters<DaemonBackend['api']['setProvider']>[0]> = {},
) {
  return api.setProvider({
    id,
    client_id: 'client',
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/token`,
    device_authorization_endpoint: `${fake.url}/device`,
    ...settings,
  });
}
