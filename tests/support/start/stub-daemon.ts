import { chmod } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type { MethodName, ParamsOf, ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';
import type { Running, RunResult } from './running.js';
import { createSandbox, type RunOptions } from './sandbox.js';

/** What the stub answers to each method: a result, an error, or what a function makes of the parameters. */
export type Answers = {
  readonly [M in MethodName]?:
    | ResultOf<M>
    | SigilforgeError
    | ((params: ParamsOf<M>) => ResultOf<M> | Promise<ResultOf<M>>);
};

interface Call {
  readonly method: string;
  readonly params: unknown;
}

interface Request extends Call {
  readonly id?: number | string;
}

/** A daemon in name only: it speaks the wire on a socket of its own and keeps what it was asked. */
export interface StubDaemon {
  readonly home: string;
  readonly calls: readonly Call[];
  /** Runs the CLI to its end, with this daemon's socket in its environment. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  start(args: readonly string[], options?: RunOptions): Running;
  /** Starts any other program in the same way. */
  spawn(command: readonly string[], options?: RunOptions): Running;
  /** Resolves with the parameters of the first call of `method`, past or to come. */
  called(method: MethodName): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startStubDaemon(answers: Answers): Promise<StubDaemon> {
  const sandbox = await createSandbox();
  const socket = path.join(sandbox.home, 'stub.sock');
  const calls: Call[] = [];
  const waiting: { method: string; resolve: (params: unknown) => void }[] = [];
  const peers = new Set<net.Socket>();

  const server = net.createServer((peer) => {
    peers.add(peer);
    peer.on('close', () => peers.delete(peer)).on('error', () => undefined);
    const decoder = new LineDecoder();
    peer.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) void answer(peer, JSON.parse(line ?? '') as Request);
    });
  });

  async function answer(peer: net.Socket, { id, method, params }: Request): Promise<void> {
    // A notification, such as `expect_leaving` of every client, has no answer.
    if (id === undefined) return;
    calls.push({ method, params });
    for (const one of waiting) if (one.method === method) one.resolve(params);
    try {
      const result = await resultOf(answers[method as MethodName], params);
      peer.write(encodeLine({ jsonrpc: '2.0', id, result }));
    } catch (thrown) {
      peer.write(encodeLine({ jsonrpc: '2.0', id, error: asSigilforgeError(thrown).toWire() }));
    }
  }

  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await chmod(socket, 0o600);
  const withSocket = (options: RunOptions = {}): RunOptions => ({
    ...options,
    env: { TERM: 'xterm-256color', SIGILFORGE_SOCKET: socket, ...options.env },
  });
  return {
    home: sandbox.home,
    calls,
    run: (args, options) => sandbox.run(args, withSocket(options)),
    start: (args, options) => sandbox.start(args, withSocket(options)),
    spawn: (command, options) => sandbox.spawn(command, withSocket(options)),
    called: (method) => {
      const past = calls.find((call) => call.method === method);
      if (past) return Promise.resolve(past.params);
      return new Promise((resolve) => waiting.push({ method, resolve }));
    },
    stop: async () => {
      for (const peer of peers) peer.destroy();
      await new Promise((resolve) => server.close(resolve));
      await sandbox.stop();
    },
  };
}

async function resultOf(answer: unknown, params: unknown): Promise<unknown> {
  if (answer === undefined) throw new SigilforgeError('method_not_found', 'The stub has no answer for this.');
  if (answer instanceof SigilforgeError) throw answer;
  return typeof answer === 'function' ? await (answer(params) as unknown) : answer;
}
