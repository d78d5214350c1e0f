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

test('a daemon that is about to end gets no more lines, and its program hears nothing of that', async () => {
  const { home } = await stopAfter(createSandbox());
  const daemons: { readonly stream: net.Socket; text: string }[] = [];
  const toDaemon = await served(path.join(home, 'd'), (stream) => {
    const daemon = { stream, text: '' };
    daemons.push(daemon);
    stream.on('data', (chunk) => {
      daemon.text += String(chunk);
    });
  });
  const toRelay = await served(path.join(home, 'p'), (stream) => {
    const relay = new Relay(stream, toDaemon(), async () => toDaemon());
    onTestFinished(() => relay.close());
  });
  const program = toRelay();
  onTestFinished(() => void program.destroy());
  let heard = '';
  program.on('data', (chunk) => {
    heard += String(chunk);
  });
  const ask = (id: string) => program.write(`{"jsonrpc":"2.0","id":"${id}","method":"subscribe"}\n`);
  const answer = (id: string) => `{"jsonrpc":"2.0","id":"${id}","result":{}}\n`;
  ask('first');
  await expect.poll(() => daemons[0]?.text).toContain('"first"');
  daemons[0]?.stream.write('{"jsonrpc":"2.0","method":"leaving","params":{"successor":true}}\n');
  daemons[0]?.stream.write('{"jsonrpc":"2.0","method":"event","params":{}}\n');
  await expect.poll(() => heard).toContain('event');
  ask('second');
  daemons[0]?.stream.write(answer('first'));
  await expect.poll(() => daemons[1]?.text).toContain('"second"');
  daemons[1]?.stream.write(answer('second'));
  await expect.poll(() => heard).toContain('"second"');
  expect(heard).toContain('"first"');
  expect(heard).not.toContain('leaving');
  expect(daemons[0]?.text).not.toContain('"second"');
  expect(daemons).toHaveLength(2);
});
