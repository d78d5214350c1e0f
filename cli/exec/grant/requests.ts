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
  /** Whether one of them narrows the connection further. */
  readonly narrows: boolean;
  /** Whether one of them does so without an id, so that no answer says what is left. */
  readonly narrowsUnseen: boolean;
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
    narrowsUnseen: messages.some((one) => methodOf(one) === 'restrict' && idsOf(one).length === 0),
  };
}

/** The ids of an answer, or of the answers of a batch. */
export function answeredIds(value: unknown): RequestId[] {
  return (Array.isArray(value) ? value : [value]).flatMap(idsOf);
}

/** The results of the answers in a line that came from a request with one of these ids. */
export function resultsOf(value: unknown): Record<string, unknown>[] {
  return (Array.isArray(value) ? value : [value]).flatMap((answer: unknown) =>
    isRecord(answer) && isRecord(answer['result']) ? [answer['result']] : [],
  );
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

  /** Returns the lines that were forgotten for it. */
  add(line: RequestLine): RequestLine[] {
    if (line.ids.length === 0) return [];
    this.#lines.push(line);
    this.#characters += line.text.length;
    const forgotten: RequestLine[] = [];
    while (this.#lines.length > MOST_KEPT.lines || this.#characters > MOST_KEPT.characters) {
      forgotten.push(...this.#takeAt(0));
    }
    return forgotten;
  }

  /** Takes out the line that is answered by these ids, the first one if several have them. */
  answered(ids: readonly RequestId[]): RequestLine | undefined {
    const index = this.#lines.findIndex((line) => ids.some((id) => line.ids.includes(id)));
    return index < 0 ? undefined : this.#takeAt(index)[0];
  }

  /** Takes out all. */
  takeAll(): RequestLine[] {
    this.#characters = 0;
    return this.#lines.splice(0);
  }

  #takeAt(index: number): RequestLine[] {
    const taken = this.#lines.splice(index, 1);
    for (const { text } of taken) this.#characters -= text.length;
    return taken;
  }
}
