import { isRepeatable } from '../../../client/repeatable.js';
import { isRecord } from '../../../shared/json.js';

/** An id as it stands in a request, and in its answer. */
export type RequestId = string | number | null;

/** A line of a program: one request, or a batch of them. */
export interface RequestLine {
  readonly text: string;
  /** Those of the requests that are answered. */
  readonly ids: readonly RequestId[];
  readonly isBatch: boolean;
  /** Whether all of them only read, so that it does no harm if they are made twice. */
  readonly isRepeatable: boolean;
  /** Whether one of them narrows the connection. */
  readonly narrows: boolean;
}

/** What a line asks for, whatever its JSON value is. */
export function requestLine(text: string, value: unknown): RequestLine {
  const isBatch = Array.isArray(value);
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  const methods = messages.map(methodOf);
  return {
    text,
    isBatch,
    ids: messages.flatMap(idsOf),
    isRepeatable: methods.every(isRepeatable),
    narrows: methods.includes('restrict'),
  };
}

/** The ids of an answer, or of the answers of a batch. */
export function answeredIds(value: unknown): RequestId[] {
  return (Array.isArray(value) ? value : [value]).flatMap(idsOf);
}

function methodOf(message: unknown): unknown {
  return isRecord(message) ? message['method'] : undefined;
}

function idsOf(message: unknown): RequestId[] {
  const id = isRecord(message) ? message['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' || id === null ? [id] : [];
}

/** How many lines of a program are kept, and how long they may be together. The daemon takes no more at a time. */
export const MOST_KEPT = { lines: 256, characters: 2 * 1024 * 1024 };

/** The lines that are sent and not answered yet. Beyond a limit the oldest are forgotten, which the daemon
 * has answered without their ids. */
export class Unanswered {
  readonly #lines: RequestLine[] = [];
  #characters = 0;

  get any(): boolean {
    return this.#lines.length > 0;
  }

  add(line: RequestLine): void {
    if (line.ids.length === 0) return;
    this.#lines.push(line);
    this.#characters += line.text.length;
    while (this.#lines.length > MOST_KEPT.lines || this.#characters > MOST_KEPT.characters) this.#takeAt(0);
  }

  /** Takes out the line that is answered by these ids, the first one if several have them. */
  answered(ids: readonly RequestId[]): void {
    const index = this.#lines.findIndex((line) => ids.some((id) => line.ids.includes(id)));
    if (index >= 0) this.#takeAt(index);
  }

  /** Takes out all. */
  takeAll(): RequestLine[] {
    this.#characters = 0;
    return this.#lines.splice(0);
  }

  #takeAt(index: number): void {
    for (const { text } of this.#lines.splice(index, 1)) this.#characters -= text.length;
  }
}
