import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { waitingTime } from '../../../shared/waiting-time.js';
import { HttpFailure } from '../../core/oauth/http/failure.js';
import { createHttpClient, type HttpClient } from '../../core/oauth/http/http.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { storedAccounts } from '../stored-accounts.js';
import { withoutStop } from '../words.js';

const LIMITS = { connectMs: 3_000, totalMs: 5_000 };
/** Whom to ask: two are enough to tell a wrong clock here from one there. */
const MOST_SERVERS = 2;
/** Providers begin to refuse what is signed with a time at about these. */
const WARNING_MS = 60_000;
const FAULT_MS = 300_000;

const SET_CLOCK =
  process.platform === 'linux'
    ? 'Have the clock set by the network: timedatectl set-ntp true'
    : 'Have the clock set by the network, in the settings of the system.';

/** What the clock of one provider says: how far this machine's is behind it, or why that is not known. */
type Reading = { readonly behindMs: number; readonly host: string } | { readonly failure: Failure };

interface Failure {
  readonly sentence: string;
  readonly cure: string;
}

export const clock: Check = {
  name: 'clock',
  async run(patient) {
    const [core, config] = [await patient.core(), patient.config()];
    if (core instanceof SigilforgeError || config instanceof SigilforgeError) return [];
    const origins = originsOf(storedAccounts(core).map(({ client }) => client));
    if (origins.length === 0) return [];
    const ask = createHttpClient(LIMITS, config.network);
    return [judged(await Promise.all(origins.slice(0, MOST_SERVERS).map((origin) => read(ask, origin))))];
  },
};

interface Addresses {
  readonly token_endpoint: string | null;
  readonly issuer: string | null;
}

function originsOf(clients: readonly (Addresses | null)[]): string[] {
  const addresses = clients.map((client) => client?.token_endpoint ?? client?.issuer ?? '');
  return [
    ...new Set(
      addresses.filter((address) => URL.canParse(address)).map((address) => new URL(address).origin),
    ),
  ];
}

async function read(ask: HttpClient, origin: string): Promise<Reading> {
  const { host } = new URL(origin);
  const sentAt = Date.now();
  try {
    const { headers } = await ask(new URL(origin), { method: 'GET', headers: {} });
    const theirs = Date.parse(headers.get('date') ?? '');
    const behindMs = theirs - (sentAt + Date.now()) / 2;
    return Number.isNaN(behindMs) ? { failure: withoutDate(host) } : { behindMs, host };
  } catch (thrown) {
    return { failure: failureOf(thrown) };
  }
}

/** If only one of them says that the clock here is wrong, its own is. */
function judged(readings: readonly Reading[]): Finding {
  const [nearest] = readings
    .flatMap((reading) => ('host' in reading ? [reading] : []))
    .sort((one, other) => Math.abs(one.behindMs) - Math.abs(other.behindMs));
  if (nearest) return compared(nearest);
  const [failure = withoutDate('the provider')] = readings.flatMap((reading) =>
    'failure' in reading ? [reading.failure] : [],
  );
  return warning(`The clock could not be compared: ${failure.sentence}`, failure.cure);
}

function compared({ behindMs, host }: { readonly behindMs: number; readonly host: string }): Finding {
  const off = Math.abs(behindMs);
  if (off <= WARNING_MS) return ok(`The clock agrees with that of ${host}.`);
  const way = behindMs > 0 ? 'behind' : 'ahead of';
  const sentence = `The clock of this machine is ${waitingTime(off)} ${way} that of ${host}.`;
  return off > FAULT_MS ? broken(sentence, SET_CLOCK) : warning(sentence, SET_CLOCK);
}

function withoutDate(host: string): Failure {
  return { sentence: `${host} does not say what time it is.`, cure: SET_CLOCK };
}

function failureOf(thrown: unknown): Failure {
  const cure = 'Check the network connection, then run this again: sigilforge doctor';
  if (thrown instanceof HttpFailure) {
    return { sentence: `${withoutStop(thrown.message)}.`, cure: thrown.hint ?? cure };
  }
  const { message, hint } = asSigilforgeError(thrown);
  return { sentence: message, cure: hint };
}
