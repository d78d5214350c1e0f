import { once } from 'node:events';
import { createLocalApi } from '../../../daemon/library/api.js';

/** A program that asks the library in its own process for a token, and prints it. With an argument it minds SIGTERM itself. */
async function main([mindful]: readonly string[]): Promise<void> {
  if (mindful !== undefined) process.on('SIGTERM', () => process.stdout.write('minded\n'));
  const api = await createLocalApi();
  const { access_token } = await api.getToken({ service: 'example', account: 'work' });
  await signalsTaken();
  process.stdout.write(`${access_token}\n`);
  await api.close();
}

/** Signals are taken in the order in which they came: after one more, none is left that was sent before. */
async function signalsTaken(): Promise<void> {
  const taken = once(process, 'SIGUSR2');
  // A signal that is waited for keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  process.kill(process.pid, 'SIGUSR2');
  await taken;
  clearInterval(alive);
}

void main(process.argv.slice(2));
