import path from 'node:path';
import type { Config } from '../shared/config.js';
import { SigilforgeError } from '../shared/errors.js';
import { findHolder, INSTANCE_LEASE } from '../shared/holder.js';
import type { Paths } from '../shared/paths.js';
import { makePrivateFolder } from '../shared/private-folder.js';
import type { LogLevel } from '../shared/schemas.js';
import { VERSION } from '../shared/version.js';
import type { Core, CoreOptions } from './core/core.js';
import { OsKeychain } from './core/keychain/os.js';
import { openCore } from './core/open.js';
import { systemClock } from './core/platform/clock.js';
import { reported } from './core/platform/faults.js';
import type { JsonLog } from './core/platform/json-log.js';
import type { Logger } from './core/platform/log.js';
import { trace } from './core/platform/trace.js';
import { type Lease, Leases } from './core/store/lease.js';
import { admissionTo } from './handlers/admission.js';
import type { Peer } from './handlers/handlers.js';
import { createHandlers } from './handlers/index.js';
import { runHooks } from './hooks.js';
import { sweepDoors } from './server/door-places.js';
import { inheritSocket } from './server/inherited.js';
import { limitsOf } from './server/limits.js';
import { bindSocket } from './server/listen.js';
import type { Listener } from './server/listener.js';
import { contractMethods } from './server/methods.js';
import { OpenDoors } from './server/open-doors.js';
import { listenOnPipe } from './server/pipe.js';
import { createDispatcher } from './server/rpc.js';
import { type Serving, serve } from './server/server.js';
import { ServiceReports } from './service/reports.js';
import { statusLine } from './service/status-line.js';
import { type Supervision, unsupervised } from './service/supervision.js';
import { makeWay } from './succession/making-way.js';
import type { Predecessor } from './succession/predecessor.js';
import { type Replaced, type Succession, type SuccessionRequest, succeed } from './succession/succession.js';
import { Whereabouts } from './whereabouts.js';

/** A program with the library also holds the instance lock briefly, while it sets up the vault. */
const SETUP_PATIENCE_MS = 1_000;

/** A daemon that is ready. */
export interface Daemon {
  readonly socket: string;
  /** Sentences that the user should read, about how their vault is kept. */
  readonly notices: readonly string[];
  /** The daemon that made way for this one. */
  readonly replaced: Predecessor['identity'] | undefined;
  /** Resolves once the daemon has ended. */
  readonly ended: Promise<void>;
  /** Finishes pending work and ends. May be called more than once. */
  stop(): void;
}

interface DaemonOptions extends Pick<CoreOptions, 'storeWaitMs'> {
  /** What a service manager has told this process; nothing if not given. */
  readonly supervision?: Supervision | undefined;
  /** Which running daemon it replaces; none if not given. */
  readonly replaces?: Replaced | undefined;
}

/** Starts the only daemon of a data folder. Throws `already_exists` if one is running. */
export async function serveDaemon(
  paths: Paths,
  config: Config,
  log: JsonLog,
  { storeWaitMs, supervision = unsupervised, replaces }: DaemonOptions = {},
): Promise<Daemon> {
  makePrivateFolder(paths.data);
  const leases = new Leases(paths.locks);
  const socket = paths.socketPinned ? paths.socket : (config.daemon.socket ?? paths.socket);
  const wanted =
    replaces && socket !== null ? { replaces, socket, most: config.limits.connections } : undefined;
  const { instanceLease, succession } = await takePlace(paths, leases, wanted);
  const notices: string[] = [];
  const notice = (sentence: string): void => void notices.push(sentence);
  try {
    const keychain = new OsKeychain();
    const core = await openCore({
      paths,
      config,
      keychain,
      leases,
      instanceLease,
      log,
      notice,
      storeWaitMs,
    });
    if (succession) trace('succession.opened');
    if (socket !== null) await sweepDoors(socket);
    const listener =
      succession?.clients.listener ?? (await inherited(supervision, log)) ?? (await bound(socket));
    runHooks(config.hooks, core.events, log);
    const { limits } = config;
    const daemon = serveCore(core, listener, instanceLease, { paths, limits, notices, log, supervision });
    succession?.clients.open();
    return { ...daemon, replaced: succession?.replaced };
  } catch (thrown) {
    succession?.clients.close();
    instanceLease.release();
    throw thrown;
  } finally {
    succession?.release();
  }
}

/** The instance lock, and what comes with the place of a daemon that made way. Throws `already_exists`. */
async function takePlace(
  paths: Paths,
  leases: Leases,
  wanted: SuccessionRequest | undefined,
): Promise<{ readonly instanceLease: Lease; readonly succession?: Succession }> {
  const free = leases.tryTake(INSTANCE_LEASE);
  const succession = !free && wanted ? await succeed(paths, leases, wanted) : undefined;
  if (succession) return { instanceLease: succession.instanceLease, succession };
  const instanceLease = free ?? (await leases.take(INSTANCE_LEASE, SETUP_PATIENCE_MS));
  if (!instanceLease) throw alreadyRunning(paths);
  return { instanceLease };
}

async function inherited({ sockets }: Supervision, log: Logger): Promise<Listener | undefined> {
  if (sockets === 0) return undefined;
  const listener = await inheritSocket(sockets);
  if (listener === undefined) log.warn('socket.gone', { inherited: true });
  return listener;
}

function bound(socket: string | null): Promise<Listener> {
  return socket === null ? listenOnPipe() : bindSocket(socket);
}

function serveCore(
  core: Core,
  listener: Listener,
  instanceLease: Lease,
  {
    paths,
    limits,
    notices,
    log,
    supervision,
  }: {
    readonly paths: Paths;
    readonly limits: Config['limits'];
    readonly notices: readonly string[];
    readonly log: JsonLog;
    readonly supervision: Supervision;
  },
): Omit<Daemon, 'replaced'> {
  const socket = listener.address;
  const doors = new OpenDoors(limits);
  let serving: Serving | undefined;
  let whereabouts: Whereabouts | undefined;
  const reports = new ServiceReports(supervision, () => statusLine(core), log);
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let stopping = false;

  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    log.info('daemon.stopping');
    reports.end();
    whereabouts?.stay();
    finish().then(end, end);
  };
  const finish = async (): Promise<void> => {
    core.signIns.close();
    core.asking.secretRequests.close();
    // While their doors are open.
    await Promise.all([serving?.leave(), core.runs.close(), core.bots.close()]);
    doors.end();
    await serving?.close();
    await core.close();
    whereabouts?.leave();
    // Last, so that no other daemon starts while this one may still write.
    instanceLease.release();
    log.info('daemon.stopped');
  };

  const makeWayFor = async (successor: Peer): Promise<void> => {
    if (stopping || !serving || !whereabouts) return;
    log.info('daemon.makes_way');
    const isSucceeded = await makeWay(successor, {
      core,
      serving,
      doors,
      whereabouts,
      isEnding: () => stopping,
    });
    if (isSucceeded) stop();
    else log.warn('daemon.stays');
  };

  const host = {
    socket: () => serving?.address ?? socket,
    startedAt: systemClock.wall(),
    startedBy: supervision.startedBy,
    connections: () => serving?.connections ?? 0,
    setLogLevel: (level: LogLevel) => {
      log.level = level;
    },
    doors,
    // The answer is written first. The place of a socket of systemd is not taken: it would lead nowhere meanwhile.
    shutdown: (successor?: Peer) =>
      setImmediate(successor && supervision.sockets === 0 ? () => void makeWayFor(successor) : stop),
  };
  const methods = contractMethods(createHandlers(core, host, limits.subscriptions));
  const ofClients = limitsOf(limits);
  serving = serve(listener, createDispatcher(methods, log, admissionTo(core), ofClients), log, ofClients);
  doors.begin(serving);
  const elsewhere = path.join(paths.state, 'run', 'sigilforge.sock');
  whereabouts = new Whereabouts(serving, { usual: socket, elsewhere, presence: paths.presence }, log);
  log.info('daemon.ready', { version: VERSION, socket });
  reports.begin();
  core.asking.secretRequests.begin();
  core.bots.begin(core.runs.begin(doors)).catch((thrown: unknown) => {
    log.warn('startup.failed', { kind: reported(thrown, 'startup.failed', log).kind });
  });
  // Started now, so that the first token does not wait for the keychain.
  core.tend().catch((thrown: unknown) => {
    log.warn('startup.failed', { kind: reported(thrown, 'startup.failed', log).kind });
  });
  return { socket, notices, ended, stop };
}

function alreadyRunning(paths: Paths): SigilforgeError {
  const holder = findHolder(paths);
  const where = holder ? ` (process ${holder.pid}), and listens on ${holder.socket}` : '';
  return new SigilforgeError('already_exists', `A daemon for ${paths.data} is already running${where}.`, {
    hint: paths.socketPinned
      ? 'Unset SIGILFORGE_SOCKET to use that daemon, or to stop it with: sigilforge daemon stop'
      : 'Use that daemon, or stop it with: sigilforge daemon stop',
  });
}
