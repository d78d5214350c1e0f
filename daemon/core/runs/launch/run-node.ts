import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isRecord } from '../../../../shared/json.js';

// Runs one capability of Node: run-node.cjs ENTRY. One JSON line on standard input has its arguments and its context. What it
// returns goes to descriptor 3 as one JSON line; whatever it prints is output.

const CHANNEL = 3;

async function main(): Promise<void> {
  const file = process.argv[2] ?? '';
  const request: unknown = JSON.parse(readFileSync(0, 'utf8'));
  process.argv.splice(1, 2, file);
  const answer = await answerOf(file, isRecord(request) ? request : {}).catch((thrown: unknown) => {
    process.exitCode = 1;
    process.stderr.write(`${inspect(thrown)}\n`);
    return { type: 'error', message: sentence(thrown) };
  });
  writeFileSync(CHANNEL, `${JSON.stringify(answer)}\n`);
  // What it has left open, such as a connection, keeps it no longer.
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit();
}

async function answerOf(file: string, { args, context }: Record<string, unknown>): Promise<object> {
  const run = runOf(await import(pathToFileURL(path.resolve(file)).href));
  if (run === undefined) throw new TypeError('the entry exports no function run');
  return { type: 'result', ...resultOf(await run(args, context)) };
}

type Run = (args: unknown, context: unknown) => unknown;

/** A module exports it by its name, as its only export, or within what a CommonJS module exports. */
function runOf(module: unknown): Run | undefined {
  if (!isRecord(module)) return undefined;
  const { run, default: other } = module;
  const inside: unknown = isRecord(other) ? other['run'] : other;
  return [run, inside].find((found): found is Run => typeof found === 'function');
}

function resultOf(returned: unknown): object {
  if (returned === undefined || returned === null) return { response: '' };
  if (typeof returned === 'string') return { response: returned };
  if (isRecord(returned) && typeof returned['response'] === 'string') {
    return { response: returned['response'], storage: returned['storage'] ?? {} };
  }
  throw new TypeError('run returned neither a string nor an object with a string named response');
}

function sentence(thrown: unknown): string {
  return thrown instanceof Error
    ? `${thrown.name}: ${thrown.message}`
    : 'It threw something that is not an Error.';
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

void main();
