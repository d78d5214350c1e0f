import { styleText } from 'node:util';
import { pageWidth, wrap } from '../terminal/wrap.js';

type Style = Parameters<typeof styleText>[0];

/** What is shown of a token or a key: enough to tell two of them apart, and of no use to a thief. */
const SHOWN_CHARACTERS = 6;

const INDENT = '     ';

let step = 0;

/** The number of the step that was announced last. */
export function currentStep(): number {
  return step;
}

export function title(text: string): void {
  print(
    style(
      'bold',
      text.replace(/.+/g, (line) => wrapped(line)),
    ),
  );
}

/** Begins a step, and says what happens in it and why. */
export function explain(sentence: string): void {
  step += 1;
  const number = `${step}.`;
  print(`\n${wrapped(sentence, `${number} `).replace(number, style('bold', number))}`);
}

/** A command line as a person types it. */
export function command(line: string): void {
  print(`   ${style('cyan', `$ ${line}`)}`);
}

/** What a program printed, with tokens shortened and the queries of addresses left out. */
export function output(text: string): void {
  if (text === '') return;
  const lines = shorten(text).trimEnd().split('\n');
  print(lines.map((line) => wrapped(line, INDENT)).join('\n'));
}

/** What the step has shown. */
export function result(sentence: string): void {
  print(wrapped(shorten(sentence), '   → ').replace('→', style('green', '→')));
}

/** On a terminal lines end between words; what fits, and what a program reads, stays as it is. */
function wrapped(line: string, first = ''): string {
  const whole = `${first}${line}`.trimEnd();
  if (!process.stdout.isTTY || whole.length <= pageWidth(process.stdout)) return whole;
  return wrap(line, pageWidth(process.stdout), first).join('\n');
}

function shorten(text: string): string {
  return text
    .replace(/(https?:\/\/[^\s?]+\?)\S+/g, '$1…')
    .replace(/[\w-]{24,}/g, (token) => `${token.slice(0, SHOWN_CHARACTERS)}…`);
}

function style(format: Style, text: string): string {
  const { stdout } = process;
  return stdout.isTTY && stdout.hasColors() ? styleText(format, text, { validateStream: false }) : text;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
