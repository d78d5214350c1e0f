import { badArgument } from './context.js';

/** A whole number from 1 on. */
export function readCount(option: string, text: string): number {
  const count = Number(text);
  if (/^[0-9]{1,6}$/.test(text) && count > 0) return count;
  throw badArgument(`${option} is a whole number from 1 to 999999.`);
}
