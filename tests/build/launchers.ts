import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './settings.js';

/** What npm puts on PATH, each with the arguments that it begins with. */
const LAUNCHERS: Readonly<Record<string, readonly string[]>> = {
  sigilforge: [],
  'docker-credential-sigilforge': ['docker-credential'],
};

/** More than the kernel of Linux reads of a first line: what is behind that is nothing to it. */
const KERNEL_LINE = 256;

/** A separator of lines to JavaScript, and an ordinary character to everything else. */
const JS_NEWLINE = '\u2028';

/** Launchers and, each beside its own, their forms for Windows: path from the root of the package, and text. */
export function launcherFiles(): Record<string, string> {
  const script = readFileSync(path.join(ROOT, 'cli/launcher/launcher.sh'), 'utf8');
  const files = Object.entries(LAUNCHERS).flatMap(([name, first]) => [
    [`dist/${name}`, launcher(`sf_name=${name}\n${script}`, first)],
    [`dist/${name}.cmd`, `@node -- "%~dp0sigilforge.cjs" ${[...first, '%*'].join(' ')}\r\n`],
  ]);
  return Object.fromEntries(files);
}

/**
 * One file for three readers, by its first line:
 *
 * - The kernel starts it with `/bin/sh`: that of Linux reads 255 bytes and drops the spaces at their end, that of macOS
 *   reads up to `#`. To sh itself the line is a comment.
 * - Yarn starts every program of a package with Node, to which the first line ends at U+2028: what follows starts the
 *   CLI, and the script is a comment up to the last line.
 * - On Windows, npm, pnpm and Yarn look for an interpreter by patterns whose `.` is no U+2028. They find none and start
 *   the file by its path, which has no ending, so that cmd and PowerShell take the file beside it that ends in `.cmd`.
 *   A line that their patterns match would have them start `sh`, which Windows does not have.
 */
function launcher(script: string, first: readonly string[]): string {
  const options = first.map((argument) => `${JSON.stringify(argument)},`).join('');
  const javascript = `process.argv.splice(1,1,require.resolve("./sigilforge.cjs"),${options});require(process.argv[1]);`;
  const line = `${'#!/bin/sh'.padEnd(KERNEL_LINE)}#${JS_NEWLINE}${javascript}/*`;
  const begin = first.length > 0 ? `set -- ${first.join(' ')} "$@"\n` : '';
  if (script.includes('*/')) throw new Error('The launcher would end the comment that it is to Node.');
  return `${line}\n${begin}${script}# */\n`;
}
