/** A number with its noun: `1 account`, `3 accounts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A sentence as a part of another one. */
export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** `a`, `a and b`, `a, b and c`. */
export function joined(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** A size as people read it: `12 KiB`. */
export function sizeInWords(bytes: number): string {
  const mebi = 1024 * 1024;
  return bytes < mebi ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / mebi).toFixed(1)} MiB`;
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
