import { connect } from 'node:net';
import { errnoOf } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import { isLoopback } from '../../../shared/schemas.js';
import { hostsOf } from '../../core/oauth/flows/loopback.js';
import { listenOnLoopback } from '../../core/oauth/flows/loopback-servers.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { holderOf } from '../port-holder.js';
import { joined, withoutStop } from '../words.js';

/** A port to which browsers return after a sign-in, and the providers that have it fixed. */
interface CallbackPort {
  readonly port: number;
  readonly hosts: readonly string[];
  readonly providers: readonly string[];
}

export const callbackPorts: Check = {
  name: 'callback ports',
  async run(patient) {
    const unable = await attempt({ port: 'any', hosts: ['127.0.0.1'], provider: 'ID' });
    if (unable) {
      const cure =
        'Bring up the loopback interface: ip link set lo up. Until then: sigilforge add-account SERVICE ACCOUNT --flow device_code';
      return [broken(`A browser cannot return to 127.0.0.1: ${reasonOf(unable)}.`, cure)];
    }
    const core = await patient.core();
    const providers = core instanceof SigilforgeError ? [] : core.providers.list();
    const ports = fixedPorts(providers.filter(({ configured }) => configured));
    const found = await Promise.all(ports.map((port) => stateOf(port, patient)));
    return found.length > 0 ? found : [ok('Browsers can return to a free port of 127.0.0.1.')];
  },
};

/** Those of providers that someone can sign in to. */
function fixedPorts(providers: readonly Provider[]): CallbackPort[] {
  const found = new Map<number, CallbackPort>();
  for (const { id, redirect } of providers) {
    const uri = URL.canParse(redirect.uri) ? new URL(redirect.uri) : undefined;
    if (redirect.port !== 'fixed' || uri?.protocol !== 'http:' || !isLoopback(uri)) continue;
    const port = Number(uri.port || 80);
    const known = found.get(port);
    const hosts = new Set([...(known?.hosts ?? []), ...hostsOf(uri)]);
    found.set(port, { port, hosts: [...hosts], providers: [...(known?.providers ?? []), id] });
  }
  return [...found.values()];
}

async function stateOf({ port, hosts, providers }: CallbackPort, { daemon }: Patient): Promise<Finding> {
  const where = `Port ${port}, to which browsers return for ${joined(providers)},`;
  const unable = await attempt({ port, hosts, provider: providers[0] ?? 'ID' });
  if (unable === undefined) return ok(`${where} is free.`);
  const holder = holderOf(port);
  if (holder && daemon !== null && 'pid' in daemon && daemon.pid === holder.pid)
    return ok(`${where} is held by the daemon for a sign-in that waits.`);
  const who = holder ? `is held by ${holder.name}, process ${holder.pid}` : reasonOf(unable);
  return warning(holder ? `${where} ${who}.` : `${where} cannot be used: ${who}.`, unable.hint);
}

interface Wanted {
  readonly hosts: readonly string[];
  readonly port: number | 'any';
  readonly provider: string;
}

/** Listens there for a moment, as a sign-in would. Why that is not possible, or `undefined`. */
async function attempt(wanted: Wanted): Promise<SigilforgeError | undefined> {
  try {
    const servers = await listenOnLoopback(wanted, (_request, response) => response.destroy());
    try {
      await reach(wanted.hosts[0] ?? '', servers.port);
    } finally {
      servers.close();
    }
    return undefined;
  } catch (thrown) {
    return asSigilforgeError(thrown);
  }
}

/** With its interface down, an address can be listened at, and not be reached. */
function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (cause) => {
      const reason = errnoOf(cause) ?? 'unknown';
      reject(new SigilforgeError('network', `Cannot reach ${host}:${port}: ${reason}.`, { cause }));
    });
  });
}

function reasonOf({ message }: SigilforgeError): string {
  return withoutStop(message.slice(message.lastIndexOf(': ') + 2));
}
