import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';

/*
 * The protocol of docker-credential-helpers: an action as the only argument; a server URL, or for `store` a JSON object, on
 * standard input; the answer on standard output, errors too, with exit status 1.
 */

/** An error by the words of the protocol, which its callers compare. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
}

/** Taken as "there are none": the registry is then asked without any. */
export function notFound(): DockerError {
  return new DockerError('credentials not found in native keychain');
}

const Login = v.object({ ServerURL: v.string(), Username: v.string(), Secret: v.string() });
export type Login = v.InferOutput<typeof Login>;

/** The server URL that is asked about. */
export function readServer(input: string): string {
  const server = input.trim();
  if (server === '') throw new DockerError('no credentials server URL');
  return server;
}

/** The login to keep. */
export function readLogin(input: string): Login {
  const json = v.safeParse(Login, parseJson(input));
  if (!json.success) throw new DockerError('This is not an object with ServerURL, Username and Secret.');
  if (json.output.ServerURL === '') throw new DockerError('no credentials server URL');
  if (json.output.Username === '') throw new DockerError('no credentials username');
  return json.output;
}

export function printLogin({ ServerURL, Username, Secret }: Login): string {
  return JSON.stringify({ ServerURL, Username, Secret });
}
