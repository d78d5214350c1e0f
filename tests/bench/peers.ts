import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { systemCalls } from '../../daemon/core/platform/system-calls.js';
import { whoConnected } from '../../daemon/server/who.js';
import type { Benchmark } from './benchmark.js';

const TIMES = 20_000;

/** What it costs to know who connects: once when the daemon starts, and for each connection. */
export const peers: Benchmark = async ({ sandbox: { home } }) => {
  const begin = performance.now();
  systemCalls();
  const load = performance.now() - begin;
  const server = net.createServer().listen(join(home, 'peers.sock'));
  await once(server, 'listening');
  const client = net.connect(join(home, 'peers.sock'));
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const start = performance.now();
  for (let count = 0; count < TIMES; count++) whoConnected(socket, null);
  const each = ((performance.now() - start) / TIMES) * 1000;
  client.destroy();
  server.close();
  return [
    { what: 'loading koffi when the daemon starts', value: load, unit: 'ms' },
    { what: 'finding out who connected, each connection', value: each, unit: 'µs' },
  ];
};
