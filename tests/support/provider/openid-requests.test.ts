import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { stopAfter } from '../start/stop-after.js';
import { listenOnLoopback } from '../wire/loopback.js';
import { recordRequests } from './openid-requests.js';

test('works on refresh requests one at a time, and on others at once', async () => {
  const recorder = recordRequests();
  const server = await stopAfter(listenOnLoopback(recorder.listener));
  const atOnce = async (grant_type: string) => {
    const arrived = recorder.requests.length;
    let [working, most] = [0, 0];
    recorder.passTo(async (_, response) => {
      working += 1;
      most = Math.max(most, working);
      while (recorder.requests.length < arrived + 2) await turnOfTheLoop();
      working -= 1;
      response.end('{}');
    });
    const send = () =>
      fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type }) });
    await Promise.all([send(), send()]);
    return most;
  };
  expect(await atOnce('refresh_token')).toBe(1);
  expect(await atOnce('client_credentials')).toBe(2);
});
