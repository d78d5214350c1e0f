import net from 'node:net';
import type { MethodName } from '../../shared/contract/index.js';
import { floodRequest } from '../support/wire/floods.js';

// Its own process: flood.ts SOCKET METHOD keeps 64 calls of a method in flight until it is ended, and prints a line with the
// number of answers every 100 milliseconds.

const IN_FLIGHT = 64;
const NEWLINE = 0x0a;

function main([path = '', method = '']: string[]): void {
  let [sent, answered] = [0, 0];
  const socket = net.connect(path);
  const send = (count: number): void => {
    let text = '';
    for (let index = 0; index < count; index++)
      text += `${JSON.stringify(floodRequest(method as MethodName, sent++))}\n`;
    socket.write(text);
  };
  socket.on('connect', () => send(IN_FLIGHT));
  socket.on('data', (chunk) => {
    let lines = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
    answered += lines;
    if (lines > 0) send(lines);
  });
  socket.on('close', () => process.exit(1));
  setInterval(() => process.stdout.write(`${answered}\n`), 100);
}

main(process.argv.slice(2));
