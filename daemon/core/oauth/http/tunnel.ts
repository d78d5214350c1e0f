import type { Socket } from 'node:net';
import { AnswerReader } from './answer-reader.js';
import { type HttpFailure, notSent } from './failure.js';
import type { HttpProxy } from './proxy.js';

/** More than any proxy has to say about a connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

const CREDENTIALS =
  'Name it with both, in config.toml or in HTTPS_PROXY: [network] proxy = "http://USER:PASSWORD@HOST:PORT"';

/** Asks the proxy on `socket` for a connection to `target`, a host with its port. Fails with `HttpFailure`. */
export function openTunnel(socket: Socket, { url, name }: HttpProxy, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader();
    const end = (failure?: HttpFailure): void => {
      socket.off('data', read).off('close', closed).pause();
      if (failure) reject(failure);
      else resolve();
    };
    const read = (piece: Buffer): void => {
      reader.push(piece);
      // Its head is all: what follows belongs to the connection.
      const answer = reader.arrived(false);
      if (answer) end(refusal(name, target, answer, url.username !== ''));
      else if (reader.isOver || reader.length > MAX_ANSWER_BYTES)
        end(notSent(`The proxy ${name} does not speak HTTP.`));
    };
    const closed = (): void => end(notSent(`The proxy ${name} closed the connection.`));
    socket.on('data', read);
    socket.once('close', closed);
    const fields = Object.entries({ host: target, ...authorizationOf(url) });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`CONNECT ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  });
}

/** The header of Basic (RFC 7617), the only way in which a URL can sign in. */
export function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A password may hold a percent sign that was meant as one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why a proxy opened no connection, or `undefined` if it did. */
function refusal(
  name: string,
  target: string,
  { status, headers }: { readonly status: number; readonly headers: Headers },
  signedIn: boolean,
): HttpFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 407) {
    const ways = headers.get('proxy-authenticate') ?? 'Basic';
    if (!/\bbasic\b/i.test(ways)) {
      return notSent(`The proxy ${name} wants a way of signing in that Sigilforge does not have.`, {
        hint: 'Sigilforge can give it a user name and a password (Basic). A local proxy that signs in by itself, such as px or cntlm, helps.',
      });
    }
    return notSent(
      signedIn
        ? `The proxy ${name} refused the user name and password.`
        : `The proxy ${name} wants a user name and a password.`,
      { hint: CREDENTIALS },
    );
  }
  const exempt = 'If it is reached without a proxy, name it in NO_PROXY.';
  return status === 403
    ? notSent(`The proxy ${name} does not allow connections to ${target}.`, { hint: exempt })
    : notSent(`The proxy ${name} could not connect to ${target} (status ${status}).`, { hint: exempt });
}
