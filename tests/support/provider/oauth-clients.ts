import type { HttpAnswer, HttpClient, HttpRequest } from '../../../daemon/core/oauth/http/http.js';
import { type ClientRegistration, registrationOf } from '../../../daemon/core/oauth/registration/client.js';
import { withAddresses } from '../../../daemon/core/providers/addresses.js';
import { defineProvider } from '../../../daemon/core/providers/builtin/define.js';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';

/** A client of a built-in provider, or of `Example`, of which nothing special is known. */
export function clientOf(id: string, facts: Partial<ClientRegistration> = {}): ClientRegistration {
  const example = defineProvider({
    id: 'example',
    name: 'Example',
    token_endpoint: 'https://id.example.org/token',
  });
  const entry = id === example.id ? example : (builtinProviders.get(id) ?? unknown(id));
  const own = { client_id: null, has_client_secret: false, source: 'builtin', configured: false } as const;
  return { ...registrationOf(withAddresses({ ...entry, ...own }), 'client'), ...facts };
}

/** An answer as it comes from an HTTP client. An object is its JSON. */
export function answerOf(
  body: string | object,
  status = 200,
  headers: Record<string, string> = {},
): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: new Headers(headers), body: Buffer.from(text) };
}

export interface SentRequest extends HttpRequest {
  readonly url: string;
}

/** An HTTP client that keeps what it is given, and answers by itself. */
export function recordHttp(answer: () => HttpAnswer = () => answerOf({})): {
  http: HttpClient;
  sent: SentRequest[];
} {
  const sent: SentRequest[] = [];
  const http: HttpClient = async (url, request) => {
    sent.push({ url: url.href, ...request });
    return answer();
  };
  return { http, sent };
}

function unknown(id: string): never {
  throw new Error(`No built-in provider is named ${id}.`);
}
