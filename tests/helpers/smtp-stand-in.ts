import { once } from 'node:events';
import net from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { KeyPair } from '../support/wire/authority.js';

/** A mail server that takes mail after STARTTLS and XOAUTH2, and keeps what it got. */
export interface SmtpStandIn {
  readonly port: number;
  /** What was authenticated with, decoded, right or wrong. */
  readonly responses: readonly string[];
  /** The mails that it took, header and body. */
  readonly mails: readonly string[];
  stop(): Promise<void>;
}

/** `isGood`: whether an initial response of XOAUTH2, decoded, is one that it lets in. */
export async function startSmtpStandIn(
  pair: KeyPair,
  isGood: (response: string) => boolean,
): Promise<SmtpStandIn> {
  const responses: string[] = [];
  const mails: string[] = [];
  const sockets = new Set<net.Socket>();
  const secureContext = createSecureContext(pair);

  function serve(socket: net.Socket, isSecure: boolean): void {
    let isIn = false;
    let isAsked = false;
    let mail: string[] | undefined;
    let rest = '';
    const judge = (encoded: string): string => {
      const response = Buffer.from(encoded, 'base64').toString();
      responses.push(response);
      isIn = isGood(response);
      return isIn ? '235 welcome' : '535 5.7.8 not with this token';
    };
    /** What is said to a line; nothing to a line of a mail. */
    const replyTo = (line: string): string | undefined => {
      if (mail !== undefined && line !== '.') {
        mail.push(line);
        return undefined;
      }
      if (mail !== undefined) {
        mails.push(mail.join('\n'));
        mail = undefined;
        return '250 kept';
      }
      if (isAsked) {
        isAsked = false;
        return judge(line);
      }
      const [verb = '', word = '', value = ''] = line.split(' ');
      switch (verb.toUpperCase()) {
        case 'EHLO':
          return `250-mail.test\r\n250 ${isSecure ? 'AUTH XOAUTH2' : 'STARTTLS'}`;
        case 'STARTTLS':
          return '220 go on';
        case 'AUTH':
          isAsked = word === 'XOAUTH2' && value === '';
          return isAsked ? '334 ' : judge(value);
        case 'DATA':
          mail = isIn ? [] : undefined;
          return isIn ? '354 go on' : '530 not without a token';
        case 'QUIT':
          return '221 bye';
        default:
          return isIn ? '250 well' : '530 not without a token';
      }
    };
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const reply = replyTo(line);
        if (reply !== undefined) socket.write(`${reply}\r\n`);
        if (line === 'QUIT') socket.end();
        if (line !== 'STARTTLS') continue;
        socket.removeAllListeners('data');
        serve(new TLSSocket(socket, { isServer: true, secureContext }), true);
      }
    });
  }

  const server = net.createServer((socket) => {
    sockets.add(socket);
    serve(socket, false);
    socket.write('220 mail.test\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    responses,
    mails,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
