import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A private key in PEM, as a provider gives it out, with the public side that the provider keeps. */
export interface SigningKeyPair {
  readonly pem: string;
  readonly publicKey: KeyObject;
}

/** An RSA key: in PKCS#8 as Google has it, or in PKCS#1 as GitHub has it. */
export function makeRsaKey(type: 'pkcs8' | 'pkcs1' = 'pkcs8', modulusLength = 2048): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { pem: privateKey.export({ type, format: 'pem' }).toString(), publicKey };
}

export function makeEcKey(namedCurve: string, type: 'pkcs8' | 'sec1' = 'pkcs8'): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { pem: privateKey.export({ type, format: 'pem' }).toString(), publicKey };
}

export function makeEd25519Key(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey };
}

/** The key file of a Google service account, as it is downloaded. */
export function serviceAccountFile(pem: string, tokenUri: string, more: object = {}): string {
  const file = {
    type: 'service_account',
    project_id: 'example-1',
    private_key_id: 'key-1',
    private_key: pem,
    client_email: 'robot@example-1.iam.gserviceaccount.com',
    client_id: '100000000000000000000',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: tokenUri,
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: 'https://www.googleapis.com/robot/v1/metadata/x509/robot',
    universe_domain: 'googleapis.com',
    ...more,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
