import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Relay } from '../../../cli/exec/grant/relay.js';
import { createSandbox } from '../../support/start/sandbox.js';
import { stopAfter } from '../../support/start/stop-after.js';

/** Serves `connected` at a path, and connects to it. */
async function served(socket: string, connected: (stream: net.Socket) => void): Promise<() => net.Socket> {
  const server = net.createServer(connected);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  return () => net.connect(socket);
}

test('a line that ends each connection is not sent again for ever', async () => {
  const { home } = await stopAfter(createSandbox());
  const asked: string[] = [];
  const toDaemon = await served(path.join(home, 'd'), (stream) => {
    stream.once('data', (chunk) => {
      // Before it, the relay says that it expects to be told of the daemon's end.
      asked.push(String(chunk).split('\n').at(-2) ?? '');
      stream.destroy();
    });
  });
  const toRelay = await served(path.join(home, 'p'), (stream) => {
    const relay = new Relay(stream, toDaemon(), async () => toDaemon());
    onTestFinished(() => relay.close());
  });
  const program = toRelay();
  onTestFinished(() => void program.destroy());
  const request = { jsonrpc: '2.0', id: 'mine', method: 'status' };
  // The first line of a connection may begin with no line break for the daemon.
  program.write(`\r${JSON.stringify(request)}\n`);
  const answer = await new Promise((resolve) =>
    program.once('data', (chunk) => resolve(JSON.parse(String(chunk)))),
  );
  expect(answer).toMatchObject({ id: 'mine', error: { data: { kind: 'daemon_unavailable' } } });
  expect(asked).toEqual(Array(4).fill(JSON.stringify(request)));
});
