import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { waysToStart } from '../support/start/ways.js';

/** A program that writes the names of its variables into a file beside it. */
const RECORDER = '#!/bin/sh\nenv | sed "s/=.*//" > "$0.new"; mv "$0.new" "$0.env"; printf value\n';

/** Variables that change how Node works, and secrets. */
const STRANGE = {
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_OPTIONS: '--no-deprecation',
  AWS_SECRET_ACCESS_KEY: 'canary',
  SIGILFORGE_SECRET_A: 'canary',
};

test.each(waysToStart)(
  'hooks and vals inherit what a daemon needs, and nothing else: $way',
  async ({ start }) => {
    const sandbox = await stopAfter(createSandbox());
    const [hook, vals] = ['hook', 'vals'].map((name) => join(sandbox.home, name));
    for (const file of [hook, vals]) writeFileSync(file ?? '', RECORDER, { mode: 0o700 });
    const folder = join(sandbox.home, 'config');
    mkdirSync(folder, { mode: 0o700 });
    const config = `[vault]\nkey = "key_file"\n[vals]\nenabled = true\n[hooks]\naccount_added = ["${hook}"]\n`;
    writeFileSync(join(folder, 'config.toml'), config, { mode: 0o600 });
    const certificates = join(sandbox.home, 'none.pem');
    writeFileSync(certificates, '');

    const needed = { NODE_EXTRA_CA_CERTS: certificates, https_proxy: 'http://127.0.0.1:1' };
    const PATH = `${sandbox.home}:${sandbox.env['PATH']}`;
    await start(sandbox, { ...STRANGE, ...needed, PATH });

    const api = await connect({ socket: sandbox.socket });
    onTestFinished(() => api.close());
    await api.addAccount({ service: 'example', account: 'work', credential: { api_key: 'key' } });
    expect((await api.resolve({ reference: 'ref+echo://x' })).value).toBe('value');
    const seen = [hook, vals].map((file) => () => readFileSync(`${file}.env`, 'utf8').split('\n'));
    for (const read of seen) {
      const names = await vi.waitFor(read, { timeout: 20_000, interval: 25 });
      expect(names).toEqual(
        expect.arrayContaining(['PATH', 'HOME', 'SIGILFORGE_HOME', ...Object.keys(needed)]),
      );
      expect(names.filter((name) => name in STRANGE)).toEqual([]);
    }
  },
);
