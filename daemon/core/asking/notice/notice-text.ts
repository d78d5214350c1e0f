/** What a person learns about a request. */
export interface AskedAloud {
  readonly capability: string;
  /** Of the secrets that are asked for. */
  readonly names: readonly string[];
  /** What is typed into the page. Only ever in a notification: never in an argument of a program. */
  readonly words: string;
  /** The page to open; without one, the caller shows it. */
  readonly address: string | undefined;
}

export interface NoticeText {
  readonly summary: string;
  readonly body: string;
}

/** Desktops cut long notifications, and the names must not push the words out. */
const MOST_NAMES = 3;

/** Nothing of it is a capability's own words: what it is called and its names are bounded by their grammar. */
export function noticeText({ capability, names, words }: AskedAloud): NoticeText {
  const what = names.length === 1 ? 'a secret' : `${names.length} secrets`;
  return {
    summary: `Sigilforge: ${capability} asks for ${what}`,
    body:
      `${list(names)}. The words for its page: ${words}. ` +
      'If you did not expect this, ignore it. See also: sigilforge secret requests',
  };
}

function list(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
