/*
 * Not the spinner of @clack/prompts: that one reads standard input and ends this process at Ctrl-C, with exit status 0.
 * Here Ctrl-C must give the sign-in up, and standard input may be waiting for a pasted address.
 */

import { hasUnicode } from './screen.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ASCII_FRAMES = ['|', '/', '-', '\\'];
const INTERVAL_MS = 80;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_LINE = '\r\u001b[2K';

/** Turns in front of `text`, which may change, on one line of a terminal. Returns what removes it without a trace. */
export function startSpinner(stream: NodeJS.WriteStream, text: () => string): () => void {
  const frames = hasUnicode() ? FRAMES : ASCII_FRAMES;
  let turn = 0;
  const draw = (): void => {
    const line = `${frames[turn++ % frames.length]} ${text()}`;
    // A line that wraps could not be erased.
    stream.write(`${ERASE_LINE}${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  stream.write(HIDE_CURSOR);
  draw();
  const timer = setInterval(draw, INTERVAL_MS);
  const stop = (): void => {
    clearInterval(timer);
    process.off('exit', stop);
    stream.write(`${ERASE_LINE}${SHOW_CURSOR}`);
  };
  process.once('exit', stop);
  return stop;
}
