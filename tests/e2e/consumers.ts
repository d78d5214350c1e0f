// Programs of users, as the tests of the packed package write them beside it.

/** Everything typed that a program may import, and two mistakes that are to be refused. */
export const TYPED_MODULE = `
import { type AccessToken, connect, SigilforgeError, type SigilforgeClient } from 'sigilforge';
import { createLocalApi, type LocalApi } from 'sigilforge/daemon';

export async function ask(): Promise<AccessToken> {
  await using sigilforge: SigilforgeClient = await connect({ fallback: 'none', timeout: 1000 });
  // @ts-expect-error An account has to be named.
  await sigilforge.getToken({ service: 'demo' });
  // @ts-expect-error There is no such fallback.
  await connect({ fallback: 'somewhere' });
  const token = await sigilforge.getToken({ service: 'demo', account: 'ada' });
  const expires: string | null = token.expires_at;
  return { ...token, expires_at: expires };
}

export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof SigilforgeError && thrown.kind === 'not_found' && thrown.hint.length > 0;

export const open: () => Promise<LocalApi> = () => createLocalApi();
`;

/** The same package as CommonJS imports it. */
export const TYPED_COMMONJS = `
import sigilforge = require('sigilforge');
export const connect: (options: sigilforge.ConnectOptions) => Promise<sigilforge.SigilforgeClient> = sigilforge.connect;
`;

/** Prints who answered, and the token. */
export const ASKS_AS_MODULE = `
import { connect } from 'sigilforge';
const sigilforge = await connect();
const { access_token } = await sigilforge.getToken({ service: 'demo', account: 'ada' });
process.stdout.write(sigilforge.via + ' ' + access_token);
await sigilforge.close();
`;

/** The same in CommonJS. */
export const ASKS_AS_COMMONJS = `
const { connect } = require('sigilforge');
connect().then(async (sigilforge) => {
  const { access_token } = await sigilforge.getToken({ service: 'demo', account: 'ada' });
  process.stdout.write(sigilforge.via + ' ' + access_token);
  await sigilforge.close();
});
`;

/** Prints the token as the library in its own process hands it out. */
export const ASKS_LIBRARY = `
import { createLocalApi } from 'sigilforge/daemon';
const library = await createLocalApi();
const { access_token } = await library.getToken({ service: 'demo', account: 'ada' });
process.stdout.write(access_token);
await library.close();
`;

/** Prints who answered and in which version, or the kind of the error. For bundlers: a module without top-level await. */
export const ASKS_STATUS_AS_MODULE = `
import { connect, SigilforgeError } from 'sigilforge';
async function main() {
  const sigilforge = await connect();
  const { version } = await sigilforge.status();
  await sigilforge.close();
  return sigilforge.via + ' ' + version;
}
main().catch((error) => (error instanceof SigilforgeError ? error.kind : String(error))).then((text) => process.stdout.write(text));
`;

/** The same with a client that is a file beside it, and nothing else is. */
export const ASKS_STATUS_OF = (client: string): string =>
  ASKS_STATUS_AS_MODULE.replace("'sigilforge'", `'./${client}'`);
