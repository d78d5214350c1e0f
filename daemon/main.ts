#!/usr/bin/env node
import fs from 'node:fs';
import { leaveMemoryOutOfCoreFiles } from '../shared/core-files.js';
import { keepDaemonEnvironment } from '../shared/daemon-environment.js';
import { closeInherited } from '../shared/descriptor-flags.js';
import type { SigilforgeError } from '../shared/errors.js';
import { encodeLine } from '../shared/framing.js';
import { resolvePaths } from '../shared/paths.js';
import { readConfig } from './core/platform/config.js';
import { asReported, reported } from './core/platform/faults.js';
import { JsonLog } from './core/platform/json-log.js';
import { silentLogger } from './core/platform/log.js';
import { systemCalls } from './core/platform/system-calls.js';
import { serveDaemon } from './daemon.js';
import { endAfterFaults } from './end-after-faults.js';
import { readSupervision } from './service/supervision.js';
import { REPLACED, type Replaced } from './succession/succession.js';

/** Writes the only line on standard output: that the daemon is ready, or why it will not be. */
function announce(message: object): void {
  write(1, encodeLine(message));
}

function refuse(error: SigilforgeError): void {
  announce({ ready: false, error: error.toWire() });
  write(2, `sigilforged: ${error.message}\n  hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}

function write(fd: number, text: string | Uint8Array): void {
  try {
    fs.writeFileSync(fd, text);
  } catch {
    // The reader is gone, or the disk is full: the daemon does the same either way.
  }
}

/** Which daemon it is to replace, which only the command line says. */
function daemonToReplace(): Replaced | undefined {
  return REPLACED.find((which) => process.argv.includes(`--replace=${which}`));
}

async function main(): Promise<void> {
  process.umask(0o077);
  closeInherited();
  const supervision = readSupervision();
  keepDaemonEnvironment();
  // First: what is not dumpable may not change its own filter of core files.
  leaveMemoryOutOfCoreFiles();
  systemCalls()?.forbidDumps();
  // Node would open its inspector, which every user of this machine could connect to.
  process.on('SIGUSR1', () => {});
  const paths = resolvePaths();
  const config = readConfig(paths.configFile);
  const log = JsonLog.ofDaemon(paths.logFile, config.daemon.log_level);
  let stop = (): void => process.exit();
  endAfterFaults(log, () => stop());
  const daemon = await serveDaemon(paths, config, log, { supervision, replaces: daemonToReplace() }).catch(
    (thrown: unknown) => {
      throw reported(thrown, 'startup.failed', log);
    },
  );

  stop = daemon.stop;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, daemon.stop);
  const { socket, notices, replaced } = daemon;
  announce({ ready: true, pid: process.pid, socket, notices, replaced });
  await daemon.ended;
  process.exit();
}

main().catch((thrown: unknown) => refuse(asReported(thrown, silentLogger)));
