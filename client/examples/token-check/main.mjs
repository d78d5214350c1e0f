import { connect } from 'sigilforge';

/** Asks through the door of its run: SIGILFORGE_FD and SIGILFORGE_SOCKET are set, and lead to what was granted. */
export async function run(_args, context) {
  const client = await connect();
  try {
    const token = await client.getToken({ service: 'github', account: 'work' });
    const content = `The token is of type ${token.token_type}.`;
    await client.appendMessage({ run_id: context.run_id, role: 'assistant', content });
    const { version } = await client.storageSet({ key: 'checked_at', value: new Date().toISOString() });
    return `Check ${version}: the token is good until ${token.expires_at ?? 'it is revoked'}.`;
  } finally {
    await client.close();
  }
}
