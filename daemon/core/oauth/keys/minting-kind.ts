import * as v from 'valibot';
import { pattern } from '../../../../shared/pattern.js';
import { Endpoint, Scopes, Text } from '../../../../shared/schemas.js';

/** An assertion for the token endpoint (RFC 7523, section 2.1). */
export const JwtBearer = v.strictObject({
  flow: v.literal('jwt_bearer'),
  issuer: Text,
  subject: v.nullable(Text),
  audience: Text,
  key_id: v.nullable(Text),
  scopes: Scopes,
});
export type JwtBearer = v.InferOutput<typeof JwtBearer>;

/** A GitHub App in one place where it is installed. Without repositories or permissions it has all that the installation has. */
export const GitHubApp = v.strictObject({
  flow: v.literal('github_app'),
  app_id: Text,
  installation_id: v.pipe(v.string(), pattern(/^[0-9]{1,20}$/, 'a number of at most 20 digits')),
  /** The base address of GitHub's API. */
  api: Endpoint,
  repositories: v.array(
    v.pipe(v.string(), pattern(/^[A-Za-z0-9._-]{1,100}$/, 'the name of a repository, without its owner')),
  ),
  permissions: v.record(
    v.pipe(v.string(), pattern(/^[a-z_]{1,64}$/, 'the name of a permission, such as contents')),
    v.picklist(['read', 'write', 'admin']),
  ),
});
export type GitHubApp = v.InferOutput<typeof GitHubApp>;

/** What a private key mints tokens for; an account keeps it as it is. */
export const Minting = v.variant('flow', [JwtBearer, GitHubApp]);
export type Minting = v.InferOutput<typeof Minting>;
