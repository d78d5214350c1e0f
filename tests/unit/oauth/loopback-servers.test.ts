import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../../daemon/core/oauth/flows/loopback-servers.js';

const answer: http.RequestListener = (_, response) => void response.end('ours');

/** A program that listens; the port is the system's choice for 0. */
async function take(host: string, port = 0): Promise<number> {
  const server = net.createServer((peer) => peer.destroy());
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function get(host: string, port: number): Promise<string> {
  const [response] = await once(http.get({ host, port, agent: false }), 'response');
  return String(await response.toArray());
}

/** Servers that end with the test. */
async function listen(hosts: readonly string[], port: number | 'any') {
  const servers = await listenOnLoopback({ hosts, port, provider: 'example' }, answer);
  onTestFinished(() => servers.close());
  return servers;
}

/** Before this process listens on `host`, another program does, on the same port, for the first `times`. */
function othersFirst(host: string, times: number): { readonly ports: number[] } {
  const ports: number[] = [];
  const usual = http.Server.prototype.listen;
  http.Server.prototype.listen = function (this: http.Server, ...args: Parameters<typeof usual>) {
    const [port, at] = args as unknown[];
    if (typeof port !== 'number' || at !== host || ports.length === times) return usual.apply(this, args);
    ports.push(port);
    take(host, port).then(
      () => usual.apply(this, args),
      (error) => this.emit('error', error),
    );
    return this;
  } as typeof usual;
  onTestFinished(() => {
    http.Server.prototype.listen = usual;
  });
  return { ports };
}

const both = ['127.0.0.1', '127.0.0.2'];

test('all addresses have the same port', async () => {
  const { port } = await listen(both, 'any');
  for (const host of both) expect(await get(host, port)).toBe('ours');
});

test('a port that is taken on one of them is not used, if any will do', async () => {
  const { ports } = othersFirst('127.0.0.2', 3);
  const { port } = await listen(both, 'any');
  expect(ports).toHaveLength(3);
  expect(ports).not.toContain(port);
  for (const host of both) expect(await get(host, port)).toBe('ours');
  // Nothing is left of the attempts.
  for (const tried of ports)
    await expect(get('127.0.0.1', tried)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('it ends if every port is taken', async () => {
  const { ports } = othersFirst('127.0.0.2', Number.POSITIVE_INFINITY);
  await expect(
    listenOnLoopback({ hosts: both, port: 'any', provider: 'example' }, answer),
  ).rejects.toMatchObject({ kind: 'config' });
  expect(ports).toHaveLength(20);
});

test.each(both)('a fixed port that is taken on %s is an error that says where', async (host) => {
  const port = await take(host);
  await expect(listenOnLoopback({ hosts: both, port, provider: 'example' }, answer)).rejects.toMatchObject({
    kind: 'config',
    message: `Cannot listen on ${host}:${port} for the browser's redirect: another program listens there.`,
  });
  const [free] = both.filter((other) => other !== host);
  await expect(get(free ?? '', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('only an address that this machine does not have is left out', async () => {
  const [absent, present] = ['192.0.2.1', '127.0.0.1'];
  for (const hosts of [
    [present, absent],
    [absent, present],
  ]) {
    const { port } = await listen(hosts, 'any');
    expect(await get(present, port)).toBe('ours');
  }
  await expect(
    listenOnLoopback({ hosts: [absent], port: 'any', provider: 'example' }, answer),
  ).rejects.toMatchObject({ kind: 'config' });
});
