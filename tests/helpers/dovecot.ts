import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OTHER_USER, type Sandbox } from '../support/start/sandbox.js';
import type { KeyPair } from '../support/wire/authority.js';
import { listenOnLoopback, readBody } from '../support/wire/loopback.js';

/** The real dovecot, which asks about each token at a server of its own (RFC 7662). */
export interface Dovecot {
  /** For IMAP over TLS. */
  readonly port: number;
  /** The tokens that it asked about. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** `owner`: whose mail box a token opens; there is one mail in it. Only root can start it. */
export async function startDovecot(
  sandbox: Sandbox,
  pair: KeyPair,
  owner: (token: string) => string | undefined,
): Promise<Dovecot> {
  const asked: string[] = [];
  const introspection = await listenOnLoopback(async (request, response) => {
    const token = new URLSearchParams(await readBody(request)).get('token') ?? '';
    asked.push(token);
    const username = owner(token);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(username === undefined ? { active: false } : { active: true, username }));
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-'));
  const port = await freePort();
  write(folder, { pair, port, introspection: introspection.url });
  const running = sandbox.spawn(['dovecot', '-F', '-c', path.join(folder, 'dovecot.conf')], { input: '' });
  await running.seen(/starting up/);
  return {
    port,
    asked,
    async stop() {
      running.child.kill();
      await running.exited;
      await introspection.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago: dovecot cannot say which one it has chosen. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

interface Settings {
  readonly pair: KeyPair;
  readonly port: number;
  readonly introspection: string;
}

function write(folder: string, { pair, port, introspection }: Settings): void {
  const at = (name: string): string => path.join(folder, name);
  // Mail of another user than root, who may not have any there.
  chmodSync(folder, 0o711);
  for (const name of ['base', 'state']) mkdirSync(at(name));
  for (const name of ['mail', 'mail/new', 'mail/cur', 'mail/tmp']) {
    mkdirSync(at(name));
    chownSync(at(name), OTHER_USER, OTHER_USER);
  }
  writeFileSync(at('cert'), pair.cert);
  writeFileSync(at('key'), pair.key, { mode: 0o600 });
  writeFileSync(at('mail/new/1.mail'), 'From: bob@example.org\nSubject: hello\n\nThe mail of the server.\n');
  chownSync(at('mail/new/1.mail'), OTHER_USER, OTHER_USER);
  writeFileSync(
    at('oauth2.conf'),
    `introspection_mode = post
introspection_url = ${introspection}/introspect
username_attribute = username
active_attribute = active
active_value = true
`,
  );
  writeFileSync(
    at('dovecot.conf'),
    `protocols = imap
base_dir = ${at('base')}
state_dir = ${at('state')}
log_path = /dev/stderr
listen = 127.0.0.1
mail_location = maildir:${at('mail')}
ssl = required
ssl_cert = <${at('cert')}
ssl_key = <${at('key')}
auth_mechanisms = xoauth2
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${at('oauth2.conf')}
}
userdb {
  driver = static
  args = uid=${OTHER_USER} gid=${OTHER_USER} home=${at('mail')}
}
`,
  );
}
