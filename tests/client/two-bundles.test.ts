import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../build/settings.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** What a program sees that uses the client and the library, each a bundle with a class of its own. */
const PROGRAM = `
  const client = require(${JSON.stringify(path.join(ROOT, 'dist/client.cjs'))});
  const library = require(${JSON.stringify(path.join(ROOT, 'dist/daemon.cjs'))});
  class Derived extends client.SigilforgeError {}
  const caught = (promise) => promise.then(() => 'no error', (thrown) => thrown);
  (async () => {
    const ours = new client.SigilforgeError('timeout', 'Too late.');
    const theirs = new library.SigilforgeError('timeout', 'Too late.');
    const api = await library.createLocalApi();
    const thrown = await caught(api.getSecret({ key: 'none' }));
    await api.close();
    console.log(JSON.stringify({
      oneClass: client.SigilforgeError === library.SigilforgeError,
      ours: ours instanceof library.SigilforgeError,
      theirs: theirs instanceof client.SigilforgeError,
      thrown: thrown instanceof client.SigilforgeError && thrown.kind,
      derived: [new Derived('timeout', '') instanceof library.SigilforgeError, ours instanceof Derived],
      others: [new Error(''), { kind: 'timeout' }, null, 'text'].map((one) => one instanceof client.SigilforgeError),
    }));
  })();
`;

test("an error of the library's bundle is an instance of the client's class, and the other way round", async () => {
  const sandbox = await stopAfter(createSandbox());
  const { stdout, stderr } = await sandbox.spawn([process.execPath, '-e', PROGRAM]).exited;
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    oneClass: false,
    ours: true,
    theirs: true,
    thrown: 'not_found',
    derived: [true, false],
    others: [false, false, false, false],
  });
});
