#!/usr/bin/env node
import fs from 'node:fs';
import { asSigilforgeError, type SigilforgeError } from '../shared/errors.js';
import { encodeLine } from '../shared/framing.js';
import { resolvePaths } from '../shared/paths.js';
import { readConfig } from './core/platform/config.js';
import { startDaemon } from './daemon.js';
import { createLogger } from './pino.js';

/** The first line on standard output, and the only one: that the daemon is ready, or why it never will be. */
function announce(message: object): void {
  try {
    fs.writeSync(1, encodeLine(message));
  } catch {
    // Nobody reads it.
  }
}

function refuse(error: SigilforgeError): void {
  announce({ ready: false, error: error.toWire() });
  process.stderr.write(`sigilforged: ${error.message}\n  hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}

/** Memory holds tokens: a core file of this process is to hold none of it (core(5)). */
function leaveMemoryOutOfCoreFiles(): void {
  try {
    fs.writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Not Linux.
  }
}

async function main(): Promise<void> {
  process.umask(0o077);
  leaveMemoryOutOfCoreFiles();
  // Node would open its inspector, for everybody on this machine.
  process.on('SIGUSR1', () => {});
  const paths = resolvePaths();
  const config = readConfig(paths.configFile);
  const log = createLogger(config.daemon.log_level);
  const daemon = await startDaemon(paths, config, log);

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, daemon.stop);
  process.on('unhandledRejection', (reason) => {
    log.error('daemon.unhandled_rejection', { kind: asSigilforgeError(reason).kind });
  });
  announce({ ready: true, pid: process.pid, socket: daemon.socket, notices: daemon.notices });
  await daemon.ended;
  process.exit();
}

main().catch((thrown: unknown) => refuse(asSigilforgeError(thrown)));
