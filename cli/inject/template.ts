import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import { parseReference } from '../../shared/reference.js';
import { BEGINNING_IN_TEXT } from '../../shared/reference-schemes.js';
import { badArgument } from '../arguments/context.js';

/** A piece of a template: bytes to copy, or a reference to replace with its value. */
export type Part = { readonly text: Buffer } | { readonly reference: string };

const OPENING = '{{';
const CLOSING = '}}';
/** A reference followed by closing braces. Without a reference, two braces may be ordinary text, as in JSON. */
const CLOSED_REFERENCE = new RegExp(`(?:${BEGINNING_IN_TEXT})[^\\s{}]*\\s*\\}\\}`);

/** Reads a template with `{{ REF }}` in it. Throws, naming the line, if a brace or a reference is incomplete. */
export function parseTemplate(bytes: Buffer): Part[] {
  // One character for each byte, so that bytes that are not UTF-8 pass unchanged.
  const text = bytes.toString('latin1');
  const parts: Part[] = [];
  let at = 0;
  for (;;) {
    const opening = text.indexOf(OPENING, at);
    const end = opening === -1 ? text.length : opening;
    const stray = CLOSED_REFERENCE.exec(text.slice(at, end));
    if (stray) throw fault(text, at + stray.index, `${CLOSING} has no ${OPENING} before it.`);
    parts.push({ text: Buffer.from(text.slice(at, end), 'latin1') });
    if (opening === -1) return parts;
    const closing = text.indexOf(CLOSING, opening);
    const inside = text.slice(opening + OPENING.length, closing === -1 ? undefined : closing);
    if (closing === -1 || inside.includes('\n')) {
      throw fault(text, opening, `${OPENING} is not closed by ${CLOSING} on the same line.`);
    }
    parts.push({ reference: readReference(inside.trim(), text, opening) });
    at = closing + CLOSING.length;
  }
}

function readReference(reference: string, text: string, at: number): string {
  try {
    parseReference(reference);
    return reference;
  } catch (thrown) {
    const { kind, message, hint } = asSigilforgeError(thrown);
    throw new SigilforgeError(kind, `Line ${lineOf(text, at)} of the template: ${message}`, { hint });
  }
}

function fault(text: string, at: number, sentence: string): SigilforgeError {
  return badArgument(
    `Line ${lineOf(text, at)} of the template: ${sentence}`,
    'Write a reference like {{ auth://SERVICE/ACCOUNT/token }}',
  );
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
