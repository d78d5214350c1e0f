import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Asks for the status again and again until its standard input ends, and prints the longest time, in milliseconds. If it
 * made room for others, as a connection that is idle for longest has to, it connects again: that counts into the time.
 */
const PROBE = `
  let worst = 0, begin = 0, over = false, client;
  const ask = () => client.write('{"jsonrpc":"2.0","id":1,"method":"status"}\\n');
  const connect = () => {
    let line = '';
    client = require('node:net').connect(process.argv[1]);
    client.on('connect', ask);
    client.on('error', () => {});
    client.on('close', () => setTimeout(connect, 5));
    client.on('data', (chunk) => {
      line += chunk;
      if (!line.endsWith('\\n')) return;
      if (worst === 0) process.stdout.write('asking\\n');
      worst = Math.max(worst, performance.now() - begin);
      if (!line.includes('"result"')) process.exit(2);
      line = '';
      if (over) process.stdout.write(String(worst), () => process.exit(0));
      else setTimeout(() => { begin = performance.now(); ask(); }, 5);
    });
  };
  begin = performance.now();
  connect();
  process.stdin.on('end', () => { over = true; setTimeout(() => process.exit(1), 10_000); }).resume();
`;

/** A process that asks a daemon for its status, on one connection. */
export interface Probe {
  /** Ends it, and tells beside the test how long the longest answer took. Rejects if one did not come. */
  stop(): Promise<void>;
}

/** `what`: what goes on meanwhile, in words. */
export async function probeStatus(socket: string, what: string): Promise<Probe> {
  const child = spawn(process.execPath, ['-e', PROBE, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'readable');
  const output = text(child.stdout);
  return {
    async stop() {
      child.stdin.end();
      const [[code], said] = [await exited, await output];
      if (code !== 0) throw new Error(`The daemon did not answer its status while ${what} (${code}).`);
      const worst = Number(said.replace('asking\n', '')).toFixed(0);
      process.stderr.write(`While ${what}: the longest status took ${worst} ms\n`);
    },
  };
}
