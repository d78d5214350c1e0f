import type { Mask, MaskRest } from '../../../shared/mask/mask.js';
import type { Runner } from './runners.js';

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** A command is recognized within this many bytes. */
const LONGEST = 1024;

/** Where in a stream an `OutputMask` is, so that another one can go on from there. */
export interface OutputRest {
  readonly mask: MaskRest;
  readonly held: Uint8Array;
  readonly place: Place;
}

/** At the start of a line, within its text, or within a command to the runner. */
type Place = 'start' | 'text' | 'command';

/**
 * The mask of an output. Lines by which a program tells the CI runner what to mask pass as they are, since the runner has
 * to read the value. Of other lines only what may still become such a command is held back.
 */
export class OutputMask {
  readonly #mask: Mask;
  readonly #runner: Runner | undefined;
  #held: Buffer;
  #place: Place;

  constructor(mask: Mask, runner: Runner | undefined, rest?: OutputRest) {
    this.#mask = mask;
    this.#runner = runner;
    this.#held = rest === undefined ? NOTHING : Buffer.from(rest.held);
    this.#place = rest?.place ?? 'start';
  }

  get replacements(): number {
    return this.#mask.replacements;
  }

  get rest(): OutputRest {
    return { mask: this.#mask.rest, held: this.#held, place: this.#place };
  }

  /** Takes bytes, and returns those that may be passed on. */
  push(chunk: Buffer): Buffer {
    if (this.#runner === undefined) return this.#mask.push(chunk);
    return this.#split(Buffer.concat([this.#held, chunk]), this.#runner);
  }

  /** Returns a few bytes that are held back, for a person who waits for them. */
  release(): Buffer {
    return this.#mask.release();
  }

  /** Returns the rest when the stream has ended. */
  end(): Buffer {
    return Buffer.concat([this.#mask.push(this.#held), this.#mask.end()]);
  }

  #split(data: Buffer, runner: Runner): Buffer {
    const pieces: Buffer[] = [];
    let [from, at] = [0, 0];
    while (at < data.length) {
      if (this.#place === 'start') {
        const place = judge(data.toString('latin1', at, at + LONGEST), runner);
        if (place === 'start') break;
        if (place === 'command') pieces.push(this.#mask.push(data.subarray(from, at)), this.#mask.end());
        if (place === 'command') from = at;
        this.#place = place;
      } else if (this.#place === 'text') {
        const newline = data.indexOf(NEWLINE, at);
        at = newline === -1 ? data.length : newline + 1;
        if (newline !== -1) this.#place = 'start';
      } else {
        const length = data.subarray(at).findIndex(isLineEnd);
        at = length === -1 ? data.length : at + length;
        if (length !== -1) this.#place = 'text';
        pieces.push(data.subarray(from, at));
        from = at;
      }
    }
    pieces.push(this.#mask.push(data.subarray(from, at)));
    this.#held = data.subarray(at);
    return Buffer.concat(pieces);
  }
}

/** What a line is that begins like this; `start` if more of it must be seen. */
function judge(text: string, { opening, command }: Runner): Place {
  if (command.test(text)) return 'command';
  const isOpen = text.startsWith(opening) && text.length < LONGEST && !/[\]\r\n]/.test(text);
  return isOpen || opening.startsWith(text) ? 'start' : 'text';
}

/** Runners take a carriage return for the end of a line as well. */
function isLineEnd(byte: number): boolean {
  return byte === NEWLINE || byte === 0x0d;
}
