import { createHttpClient } from '../../../daemon/core/oauth/http/http.js';

/** Sends one request as an exchange does, with the time limit that it is given, and prints what came of it. */
async function main([url = '', limitMs = '']: readonly string[]): Promise<void> {
  const send = createHttpClient({ connectMs: Number(limitMs), totalMs: Number(limitMs) }, {});
  const { status, body } = await send(new URL(url), { method: 'POST', headers: {}, body: 'a=b' });
  process.stdout.write(`${status} ${body.toString()}\n`);
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stdout.write(`${thrown instanceof Error ? thrown.message : 'failed'}\n`);
});
