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
  notes:
    "Make the OAuth app without a secret, and register the redirect URI without a port. Hugging Face's metadata has no revocation endpoint: remove the app in your account settings.",
  sources: [
    'huggingface.co/docs: hub, OAuth',
    'huggingface.co: /.well-known/oauth-authorization-server (2026)',
    'huggingface/huggingface_hub: utils/_oauth_device.py',
  ],
});
