import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { createSandbox, type RunOptions, type Sandbox } from '../support/start/sandbox.js';
import { has, InteractiveShell, installShells } from './shells.js';

// TAB in the real shells, on a terminal, beside a daemon that has accounts and other names.

const TAB = '\t';
const SHELLS = ['bash', 'zsh', 'fish'] as const;
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion';

let sandbox: Sandbox;
let options: RunOptions;

beforeAll(async () => {
  sandbox = await createSandbox();
  options = await installShells(sandbox);
  const { socket } = await sandbox.startDaemon();
  const api = sandbox.holds(await connect({ socket }));
  const apiKey = { flow: 'api_key', credential: { api_key: 'canary-key' } } as const;
  await api.addAccount({ service: 'example', account: 'work', ...apiKey });
  await api.addAccount({ service: 'example', account: 'me+x@example.org', ...apiKey });
  await api.addAccount({ service: 'other', account: 'home', ...apiKey });
  await api.setSecret({ key: 'tls/key:1@a+b', value: 'canary-value' });
  await api.openDoor({ grants: ['secret://a'], name: 'My door' });
  await writeFile(path.join(sandbox.home, 'my file'), 'what stands in it');
});
afterAll(() => sandbox.stop());

/** What is typed before TAB, and the line after it. */
const LINES: readonly (readonly [what: string, typed: string, line: string])[] = [
  ['a command', 'sigilforge get-tok', 'sigilforge get-token '],
  ['a subcommand', 'sigilforge secret del', 'sigilforge secret delete '],
  ['behind another command', 'echo a; sigilforge --quiet get-tok', 'echo a; sigilforge --quiet get-token '],
  ['an option', 'sigilforge get-token --min', 'sigilforge get-token --min-valid '],
  ['the value of an option', 'sigilforge get-token --format te', 'sigilforge get-token --format text '],
  ['the same behind =', 'sigilforge get-token --format=te', 'sigilforge get-token --format=text '],
  ['a service', 'sigilforge get-token ex', 'sigilforge get-token example '],
  ['its account', 'sigilforge get-token example me', 'sigilforge get-token example me+x@example.org '],
  [
    'a name behind its @',
    'sigilforge get-token example me+x@ex',
    'sigilforge get-token example me+x@example.org ',
  ],
  ['the beginning of a reference', 'sigilforge resolve auth:', 'sigilforge resolve auth://'],
  ['a reference', 'sigilforge resolve auth://o', 'sigilforge resolve auth://other/home/api_key '],
  ['one in quotes', "sigilforge resolve 'auth://o", "sigilforge resolve 'auth://other/home/api_key' "],
  ['a key behind its colon', 'sigilforge secret get tls/key:', 'sigilforge secret get tls/key:1@a+b '],
  [
    'a reference behind NAME=',
    'sigilforge exec --env X=secret://t',
    'sigilforge exec --env X=secret://tls/key:1@a+b ',
  ],
  ['a name with a blank', 'sigilforge door close M', 'sigilforge door close My\\ door '],
  ['the same, in quotes', 'sigilforge door close "My d', 'sigilforge door close "My door" '],
  ['the same, begun', 'sigilforge door close My\\ d', 'sigilforge door close My\\ door '],
  ['a file', 'sigilforge inject -i my', 'sigilforge inject -i my\\ file '],
  ['a file behind =', 'sigilforge exec --env-file=my', 'sigilforge exec --env-file=my\\ file '],
  ['a folder', 'sigilforge capability create --at b', 'sigilforge capability create --at bin/'],
  ['the file of a redirection', 'sigilforge get-token x > my', 'sigilforge get-token x > my\\ file '],
  ['the program of exec', 'sigilforge exec --quiet -- myt', 'sigilforge exec --quiet -- mytool '],
  ['what there is not', 'sigilforge get-token nothing', 'sigilforge get-token nothing'],
  ['an account of a service that there is not', 'sigilforge get-token x w', 'sigilforge get-token x w'],
];

describe.each(SHELLS)('%s', (name) => {
  let shell: InteractiveShell;
  beforeAll(async () => {
    if (has(name)) shell = await InteractiveShell.start(sandbox, options, name);
  });

  test.skipIf(!has(name)).each(LINES)('completes %s', async (_, typed, line) => {
    expect(await shell.line(typed + TAB)).toBe(line);
  });

  test.skipIf(!has(name))('evaluates nothing that is typed', async () => {
    const file = path.join(sandbox.home, 'my file');
    for (const typed of ['$(touch ran) ', '`touch ran` ', '"$(touch ran)" ', '; touch ran; sigilforge x ']) {
      await shell.line(`sigilforge get-token ${typed}${TAB}`);
    }
    await shell.line(`sigilforge get-token > 'my file' ex${TAB}`);
    expect(existsSync(path.join(sandbox.home, 'ran'))).toBe(false);
    expect(await readFile(file, 'utf8')).toBe('what stands in it');
  });

  const own = { typed: 'sigilforge exec --env X=secret://a -- mytool o', line: 'own-word ' };
  const isAbsent = name === 'bash' ? !existsSync(BASH_COMPLETION) : false;
  test.skipIf(!has(name) || isAbsent)('leaves the arguments of a program to its own completion', async () => {
    const env = { ...options.env, BASH_COMPLETION };
    const other = await InteractiveShell.start(sandbox, { env }, name);
    expect(await other.line(own.typed + TAB)).toBe(own.typed.slice(0, -1) + own.line);
    expect(await other.line(`sigilforge get-token example me${TAB}`)).toContain(' me+x@example.org ');
  });
});
