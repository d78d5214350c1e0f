import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { opensslInstalled } from '../faults/bad-addresses.js';
import { type SecureProvider, startSecureProvider } from '../support/provider/secure-provider.js';
import { startLibrary } from '../support/start/backends.js';
import type { Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { waysToStart } from '../support/start/ways.js';
import { createAuthority } from '../support/wire/authority.js';

// NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment: whatever is started with it, a server whose certificate is not
// trusted gets no byte, and with it no refresh token and no client secret.

const CARELESS = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
const CONFIG = '[vault]\nkey = "key_file"\n[refresh]\nidle_days = 0\n';
const grant = { service: 'corp', account: 'work' };

describe.runIf(opensslInstalled())('a careless variable sends no secret to an unknown server:', () => {
  test('the library within a program', async () => {
    const { api, provider, distrust } = await signedIn();
    distrust();
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await expect(api.refreshToken(grant)).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining('is from an authority that is not known here.'),
      hint: expect.stringContaining('[network] ca_file'),
    });
    await expectNothingSent(provider);
  });

  test('sigilforge --direct', async () => {
    const { provider, sandbox, distrust } = await signedIn();
    distrust();
    await expectRefused(sandbox, '--direct');
    await expectNothingSent(provider);
  });

  test.each(waysToStart)('$way', async ({ start }) => {
    const { provider, sandbox, distrust } = await signedIn();
    distrust();
    await start(sandbox, CARELESS);
    await expectRefused(sandbox, '--no-fallback');
    await expectNothingSent(provider);
  });
});

/** An account whose provider has a certificate that is trusted, until `distrust` is called. */
async function signedIn() {
  const authority = await stopAfter(createAuthority());
  const provider = await stopAfter(startSecureProvider(authority.issue('localhost')));
  const { api, sandbox } = await stopAfter(startLibrary());
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('SSL_CERT_FILE', authority.file);
  const token_endpoint = `https://localhost:${provider.port}/token`;
  await api.setProvider({ id: grant.service, token_endpoint, client_id: 'client', client_secret: 'canary' });
  await api.addAccount({ ...grant, credential: { refresh_token: 'r0' } });
  await api.refreshToken(grant);
  writeFileSync(join(sandbox.home, 'config', 'config.toml'), CONFIG, { mode: 0o600 });
  return { api, provider, sandbox, distrust: () => vi.unstubAllEnvs() };
}

async function expectRefused(sandbox: Sandbox, ...options: string[]): Promise<void> {
  const args = ['refresh-token', grant.service, grant.account, ...options];
  const { code, stderr } = await sandbox.run(args, { env: CARELESS });
  expect({ code, stderr }).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('is from an authority that is not known here.'),
  });
}

/** Beyond the two requests of the sign-in; and the server serves whoever asks it without checking. */
async function expectNothingSent(provider: SecureProvider): Promise<void> {
  expect(provider.received.length).toBe(2);
  await provider.askCarelessly();
  expect(provider.received.length).toBe(3);
}
