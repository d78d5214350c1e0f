/** Whether a word of the command line is an argument of its command. */
export function isOperand(word: string): boolean {
  return !word.startsWith('-');
}

/** What is longer may be a secret in the wrong place, and what is not plain is not the name of anything. */
export function isRepeatable(word: string): boolean {
  return /^[\w.@:/*-]{1,32}$/.test(word);
}
