/**
 * What need not be encoded stays as it is, `~` too: servers that do not decode then understand the ids and secrets of nearly
 * every client, and those that do see no difference.
 */
export function formEncoded(text: string): string {
  const escaped = (character: string): string =>
    character === '%20' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/%20|[!'()]/g, escaped);
}
