import { expect, test } from 'vitest';
import { stopAfter } from '../start/stop-after.js';
import { startFakeProvider } from './fake-provider.js';

test('records what it was sent', async () => {
  const fake = await stopAfter(
    startFakeProvider({
      'POST /token': ({ form }) => ({ body: { access_token: `for ${form['code']}` } }),
    }),
  );
  const form = await fetch(`${fake.url}/token?q=1`, {
    method: 'POST',
    body: new URLSearchParams({ code: 'c' }),
  });
  expect(await form.json()).toEqual({ access_token: 'for c' });
  await fetch(`${fake.url}/json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(fake.received.map(({ path, json }) => [path, json])).toEqual([
    ['/token', undefined],
    ['/json', { a: 1 }],
  ]);
  expect(fake.sentTo('POST /token')[0]?.query.get('q')).toBe('1');
});
