import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Logger, silentLogger } from '../../../daemon/core/platform/log.js';
import type { Handlers } from '../../../daemon/handlers/handlers.js';
import type { Limits } from '../../../daemon/server/limits.js';
import { bindSocket } from '../../../daemon/server/listen.js';
import { contractMethods, type WireMethods } from '../../../daemon/server/methods.js';
import { createDispatcher } from '../../../daemon/server/rpc.js';
import { type Serving, serve } from '../../../daemon/server/server.js';
import { stubHandlers } from './stub-handlers.js';

export interface ServeOptions {
  /** What a test is about, besides the stubs. */
  readonly handlers?: Partial<Handlers>;
  /** Other methods than the contract's. */
  readonly methods?: WireMethods;
  readonly limits?: Partial<Limits>;
  readonly log?: Logger;
  /** A socket in a folder that the test removes. */
  readonly socket?: string;
}

/** The daemon's server in this process, with handlers that answer at once. */
export interface Served {
  readonly socket: string;
  readonly serving: Serving;
  stop(): Promise<void>;
}

export async function serveStub(options: ServeOptions = {}): Promise<Served> {
  const folder = options.socket === undefined ? await makeFolder() : undefined;
  const socket = options.socket ?? path.join(folder ?? '', 'run', 's.sock');
  const methods = options.methods ?? contractMethods(stubHandlers(options.handlers));
  const log = options.log ?? silentLogger;
  const listener = await bindSocket(socket);
  const serving = serve(listener, createDispatcher(methods, log), log, options.limits);
  return {
    socket,
    serving,
    async stop() {
      await serving.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder (0700) with a name short enough for a socket in it. */
export function makeFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'sf-'));
}
