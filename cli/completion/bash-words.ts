/** The words of a command line as a program would get them. */
export interface PlainWords {
  readonly words: readonly string[];
  /** For each word, which of the given ones it was. */
  readonly places: readonly number[];
  /** Whether the last word is the file that a redirection names. */
  readonly redirects: boolean;
}

/** A redirection, and the file that it names if that stands in the same word. */
const REDIRECTION = /^(?:\d*|&)(?:>>|>\||>&|>|<&|<)(.*)$/;

/** What bash gives to a completion: words as they were typed, with their quotes, and with redirections. */
export function plainWords(typed: readonly string[]): PlainWords {
  const words: string[] = [];
  const places: number[] = [];
  let redirects = false;
  for (const [place, word] of typed.entries()) {
    const target: string | undefined = redirects ? word : REDIRECTION.exec(word)?.[1];
    const isLast = place === typed.length - 1;
    if (target === undefined || (isLast && redirects)) {
      words.push(unquoted(word));
      places.push(place);
      continue;
    }
    redirects = isLast || (!redirects && target === '');
  }
  return { words, places, redirects };
}

/** A word without its quotes, of which the last may be open. Nothing is expanded. */
function unquoted(word: string): string {
  return word.replace(
    /'([^']*)(?:'|$)|"((?:[^"\\]|\\.)*)(?:"|$)|\\(.)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\([$`"\\])/g, '$1') ?? escaped ?? '',
  );
}
