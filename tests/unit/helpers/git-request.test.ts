import { describe, expect, test } from 'vitest';
import { readRequest } from '../../../cli/helpers/git-request.js';

const read = (text: string, isNamed = false) => readRequest(Buffer.from(text, 'latin1'), isNamed);

describe('what git says', () => {
  test('is read up to an empty line', () => {
    expect(
      read('capability[]=authtype\nprotocol=https\nhost=Git.Example.com:8443\nusername=a=b\n\nhost=other\n'),
    ).toEqual({
      protocol: 'https',
      host: 'git.example.com:8443',
      username: 'a=b',
      password: undefined,
      credential: undefined,
      passes: false,
      takesAuthtype: true,
      offersBearer: false,
    });
  });

  test('an address takes the place of its parts', () => {
    const given = read('host=other\nurl=https://a%2Fb:p%40ss@[::1]:8443/x?y#z\nusername=c\n');
    expect(given).toMatchObject({ protocol: 'https', host: '[::1]:8443', username: 'a/b', password: 'p@ss' });
    expect(read('url=https://github.com')).toMatchObject({ host: 'github.com', username: undefined });
  });

  test('http is for this machine, and an account that is named', () => {
    for (const host of ['127.0.0.1:3000', 'localhost', '[::1]:80']) {
      expect(read(`protocol=http\nhost=${host}\n`, true)).toMatchObject({ protocol: 'http', host });
      expect(() => read(`protocol=http\nhost=${host}\n`)).toThrow('https only');
    }
    for (const host of ['example.com', 'localhost.example.com', '127.0.0.1.example.com', '0.0.0.0']) {
      expect(() => read(`protocol=http\nhost=${host}\n`, true)).toThrow('https only');
    }
  });

  test('the schemes of the server are told apart', () => {
    const challenged = (...lines: string[]) => read(['protocol=https', 'host=a.b', ...lines].join('\n'));
    expect(challenged('wwwauth[]=Basic realm="x, Bearer y"').offersBearer).toBe(false);
    expect(challenged('wwwauth[]=Basic', 'wwwauth[]=bearer').offersBearer).toBe(true);
    expect(challenged('wwwauth[]=BearerX y').offersBearer).toBe(false);
    expect(challenged('password_expiry_utc=1').passes).toBe(true);
  });
});

/** Names that hold nothing but what the row says. */
test.each([
  ['a carriage return', 'protocol=https\nhost=github.com\r\n'],
  ['a zero byte', 'protocol=https\nhost=github.com\0.evil.example\n'],
  ['a control character in the user name', 'protocol=https\nhost=github.com\nusername=a\tb\n'],
  ['a control character in the password', 'protocol=https\nhost=github.com\npassword=a\x1bb\n'],
  ['a control character in the path', 'protocol=https\nhost=github.com\npath=a\x7fb\n'],
  ['an escaped line break', 'url=https://github.com%0ahost=evil.example\n'],
  ['an escaped line break in the user name', 'url=https://a%0db@github.com\n'],
  ['an escape of nothing', 'url=https://a%zz@github.com\n'],
  ['an escape that is not UTF-8', 'url=https://%ff@github.com\n'],
  ['a host twice', 'protocol=https\nhost=evil.example\nhost=github.com\n'],
  ['a protocol twice', 'protocol=http\nprotocol=https\nhost=github.com\n'],
  ['letters of another script', 'protocol=https\nhost=g\xd1\x96thub.com\n'],
  ['a user in the host', 'protocol=https\nhost=github.com@evil.example\n'],
  ['a path in the host', 'protocol=https\nhost=github.com/evil\n'],
  ['two users in the address', 'url=https://a@b@github.com\n'],
  ['a blank in the host', 'protocol=https\nhost=github.com evil\n'],
  ['a dot at the end', 'protocol=https\nhost=github.com.\n'],
  ['no port', 'protocol=https\nhost=github.com:\n'],
  ['no host', 'protocol=https\n'],
  ['an empty host', 'url=https:///path\n'],
  ['no protocol', 'host=github.com\n'],
  ['another protocol', 'protocol=smtp\nhost=github.com\n'],
  ['https in capitals', 'protocol=HTTPS\nhost=github.com\n'],
  ['no attribute', 'protocol=https\nhost\n'],
  ['no name', 'protocol=https\n=x\n'],
  ['not UTF-8', 'protocol=https\nhost=github.com\nusername=\xff\n'],
  ['nothing', ''],
])('%s is refused, and not repeated', (_, text) => {
  expect(() => read(text, true)).toThrow(expect.objectContaining({ kind: 'invalid_params' }));
  expect(() => read(text, true)).not.toThrow(/evil/);
});
