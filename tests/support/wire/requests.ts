import { request } from 'node:http';
import { readBody } from './loopback.js';

/** One GET or POST by hand, for what `fetch` forbids: a Host header of one's own. */
export function rawRequest(
  address: string,
  options: { method?: string; host?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', host } = options;
    const headers = host === undefined ? {} : { host };
    const outgoing = request(address, { method, headers, agent: false }, (answer) => {
      readBody(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
