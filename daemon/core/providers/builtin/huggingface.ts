import { type BuiltinProvider, defineProvider } from './define.js';

export const huggingface: BuiltinProvider = defineProvider({
  id: 'huggingface',
  name: 'Hugging Face',
  issuer: 'https://huggingface.co',
  authorization_endpoint: 'https://huggingface.co/oauth/authorize',
  token_endpoint: 'https://huggingface.co/oauth/token',
  device_authorization_endpoint: 'https://huggingface.co/oauth/device',
  flows: ['authorization_code', 'device_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['openid', 'profile', 'email'],
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'unknown', rotates: 'sometimes' },
  register_url: 'https://huggingface.co/settings/applications/new',
  register_steps: [
    'Give it a name, and choose the scopes that you will ask for: openid, profile and email are the default.',
    'Paste {redirect_uri} into the redirect URLs, without a port.',
    'Make it without a client secret (a public app), and press "Create".',
    'Copy the "Client ID".',
  ],
  notes: "Hugging Face's metadata has no revocation endpoint: remove the app in your account settings.",
  sources: [
    'huggingface.co/docs: hub, OAuth',
    'huggingface.co: /.well-known/oauth-authorization-server (2026)',
    'huggingface/huggingface_hub: utils/_oauth_device.py',
  ],
});
