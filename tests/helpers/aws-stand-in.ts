import { createServer } from 'node:https';
import type { Authority } from '../support/wire/authority.js';
import { readBody } from '../support/wire/loopback.js';

/** AWS as far as the tests need it: STS for roles and names, and S3 that lists buckets. It checks no signature. */
export interface AwsStandIn {
  readonly url: string;
  /** What was asked to assume a role, oldest first. */
  readonly assumed: readonly URLSearchParams[];
  /** Seconds that the credentials of the next answers live. */
  lifetimeS: number;
  /** Codes that the next requests for a role are refused with. */
  readonly refusals: string[];
  /** Held back until it resolves. */
  before: Promise<unknown>;
  /** In place of the next answer. */
  answer: { readonly status: number; readonly body: string; readonly location?: string } | undefined;
  stop(): Promise<void>;
}

/** The keys of the answer with this number. */
export function issued(number: number): { id: string; secret: string; session: string } {
  return { id: `ASIASTANDIN${number}`, secret: `secret/${number}+`, session: `session-${number}==` };
}

export async function startAws(authority: Authority): Promise<AwsStandIn> {
  const assumed: URLSearchParams[] = [];
  const known = new Set(['AKIAKEPT']);

  const assume = (form: URLSearchParams): readonly [number, string] => {
    assumed.push(form);
    const code = aws.refusals.shift();
    if (code !== undefined) return [code === 'ServiceUnavailable' ? 503 : 400, refusal(code)];
    const keys = issued(assumed.length);
    known.add(keys.id);
    return [200, credentials(keys, Date.now() + aws.lifetimeS * 1000)];
  };

  const server = createServer(authority.issue('localhost'), async (request, response) => {
    const body = await readBody(request);
    const form = new URLSearchParams(body);
    await aws.before;
    const told = aws.answer;
    aws.answer = undefined;
    if (told) {
      assumed.push(form);
      response.writeHead(told.status, told.location ? { location: told.location } : {}).end(told.body);
      return;
    }
    const [, id = ''] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const isRole = form.get('Action') === 'AssumeRoleWithWebIdentity';
    const [status, text] = isRole
      ? assume(form)
      : known.has(id)
        ? [200, own(form, id)]
        : [403, refusal('InvalidClientTokenId')];
    response.writeHead(status, { 'content-type': isRole ? 'text/xml' : 'application/xml' }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const aws: AwsStandIn = {
    url: `https://localhost:${port}/`,
    assumed,
    lifetimeS: 3600,
    refusals: [],
    before: Promise.resolve(),
    answer: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return aws;
}

function own(form: URLSearchParams, id: string): string {
  if (form.get('Action') === 'GetCallerIdentity') {
    return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
      <Arn>arn:aws:sts::123456789012:assumed-role/reader/${id}</Arn><UserId>${id}</UserId><Account>123456789012</Account>
      </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
  }
  return `<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
    <Owner><ID>o</ID></Owner><Buckets><Bucket><Name>bucket-of-${id.toLowerCase()}</Name>
    <CreationDate>2026-01-31T12:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`;
}

function credentials({ id, secret, session }: ReturnType<typeof issued>, expiresAt: number): string {
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/reader/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
    <Credentials>
      <SecretAccessKey>${secret}</SecretAccessKey>
      <SessionToken>${session}</SessionToken>
      <Expiration>${new Date(expiresAt).toISOString().replace(/\.\d+/, '')}</Expiration>
      <AccessKeyId>${id}</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>`;
}

function refusal(code: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>
    <Message>It quotes what was sent: canary</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
}
