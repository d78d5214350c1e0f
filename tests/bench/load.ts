import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestLine } from './built.js';
import { ACCOUNT } from './home.js';

// Its own process: load.ts SOCKET CONNECTIONS IN_FLIGHT SECONDS prints how many requests a second were answered.

const WARM_UP_MS = 500;
const NEWLINE = 0x0a;

const request = requestLine('get_token', ACCOUNT);
let answers = 0;

async function main([socket = '', connections = '', inFlight = '', seconds = '']: string[]): Promise<void> {
  const batches = Array.from({ length: Number(inFlight) + 1 }, (_, count) =>
    Buffer.concat(Array<Buffer>(count).fill(request)),
  );
  for (let opened = 0; opened < Number(connections); opened++) await open(socket, batches);
  await sleep(WARM_UP_MS);
  const [before, start] = [answers, performance.now()];
  await sleep(1000 * Number(seconds));
  const persecond = (answers - before) / ((performance.now() - start) / 1000);
  process.stdout.write(`${persecond}\n`, () => process.exit());
}

/** Keeps as many requests in flight as there are batches, less the empty one: as many as are answered go out again. */
async function open(path: string, batches: readonly Buffer[]): Promise<void> {
  const socket = net.connect(path);
  await once(socket, 'connect');
  let first = true;
  socket.on('data', (chunk) => {
    if (first && !chunk.includes('"access_token":"')) throw new Error(`No token came: ${chunk.toString()}`);
    first = false;
    const lines = countLines(chunk);
    answers += lines;
    const next = batches[lines];
    if (next) socket.write(next);
  });
  socket.write(batches.at(-1) ?? request);
}

function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

void main(process.argv.slice(2));
