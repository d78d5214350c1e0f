import { expect, test } from 'vitest';
import { assertFillable, withAddresses } from '../../../daemon/core/providers/addresses.js';
import { defineProvider } from '../../../daemon/core/providers/builtin/define.js';

test('what config.toml has among parameters of requests is not sent either, if an address has its name', () => {
  const params = { region: 'eu', keep: 'yes' };
  const provider = defineProvider({
    ...{ id: 'example', name: 'Example', token_endpoint: 'https://{region}.example.org/token' },
    ...{ authorize_params: params, device_params: params, token_params: params, refresh_params: params },
  });
  const keep = { keep: 'yes' };
  expect(withAddresses(provider, { region: 'us' })).toMatchObject({
    token_endpoint: 'https://us.example.org/token',
    ...{ authorize_params: keep, device_params: keep, token_params: keep, refresh_params: keep },
  });
  expect(withAddresses(provider, { region: 'us' }).authorize_params).toEqual(keep);
});

test('a part has the value that was said, and never what every object has', () => {
  const provider = defineProvider({
    ...{ id: 'example', name: 'Example', token_endpoint: 'https://{constructor}.example.org/token' },
  });
  expect(withAddresses(provider).token_endpoint).toBe('https://{constructor}.example.org/token');
});

test('a value with which there is no address is refused', () => {
  const provider = defineProvider({
    ...{ id: 'example', name: 'Example', token_endpoint: 'https://1.2.3.{last}/token' },
  });
  expect(() => assertFillable(withAddresses(provider, { last: '4' }))).not.toThrow();
  expect(() => assertFillable(withAddresses(provider, { last: '999' }))).toThrow(/makes no address/);
});
