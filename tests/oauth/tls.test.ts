import { once } from 'node:events';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { expect, test } from 'vitest';
import { opensslInstalled, selfSignedPair } from '../faults/bad-addresses.js';
import { buildProgram } from '../faults/build-program.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

test.skipIf(!opensslInstalled())(
  'no variable of Node makes an unknown certificate good enough for a secret',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const program = await stopAfter(buildProgram('one-request'));
    const received: Buffer[] = [];
    const server = createTlsServer(selfSignedPair(), (socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => received.push(bytes));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { stdout } = await sandbox.spawn([...program.command, `https://127.0.0.1:${port}/token`, '5000'], {
      input: '',
      env,
    }).exited;
    // A client that does not check it is served: the server works.
    const careless = connectTls({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false });
    careless.end('hello');
    await once(careless, 'close');
    server.close();
    expect(stdout).toContain('is signed by itself, and is not known here.');
    expect(Buffer.concat(received).toString()).toBe('hello');
  },
);
