import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemCalls } from '../../../daemon/core/platform/system-calls.js';
import { endProcess } from '../../support/start/processes.js';
import { Running } from '../../support/start/running.js';

// Node has no datagrams of Unix sockets, so what receives them is Python.

/** Says that it listens, and then the sender and the text of one message. */
const RECEIVER = `
import socket, struct, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 16, 1)
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print('listens', flush=True)
data, extra, *_ = s.recvmsg(1000, 100)
print(struct.unpack('3i', extra[0][2])[0], repr(data.decode()), flush=True)
`;

async function receiver(name: string): Promise<Running> {
  const child = spawn('python3', ['-c', RECEIVER, name]);
  const running = new Running(child);
  await once(child, 'spawn');
  onTestFinished(() => endProcess(running.pid));
  await running.seen(/^listens$/m, 'stdout');
  return running;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const send = (to: string, text: string) => systemCalls()?.sendDatagram(to, text);

test.runIf(process.platform === 'linux').each(['a path', 'an abstract name'])(
  'a datagram comes to %s whole, from this process',
  async (kind) => {
    const place = path.join(await folder(), 's');
    const name = kind === 'a path' ? place : `@${place}`;
    const received = await receiver(name);
    expect(send(name, 'READY=1\nSTATUS=ä\n')).toBe(true);
    expect((await received.exited).stdout).toContain(`${process.pid} 'READY=1\\nSTATUS=ä\\n'`);
  },
);

test.runIf(process.platform === 'linux')(
  'where nothing receives, it is refused and leaves nothing open',
  async () => {
    const missing = path.join(await folder(), 's');
    const open = readdirSync('/proc/self/fd').length;
    for (let time = 0; time < 20; time++) expect(send(missing, 'READY=1')).toBe(false);
    expect(readdirSync('/proc/self/fd')).toHaveLength(open);
    expect(send(`@${missing}`, 'READY=1')).toBe(false);
    expect(send(`/${'x'.repeat(200)}`, 'READY=1')).toBe(false);
  },
);
