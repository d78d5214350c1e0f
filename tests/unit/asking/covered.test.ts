import { describe, expect, test } from 'vitest';
import { coveredBy } from '../../../daemon/core/asking/covered.js';
import type { Grantable } from '../../../daemon/core/store/proposals.js';

const GRANTABLE: Grantable = {
  accounts: [
    { service: 'example', account: 'home', kind: 'oauth' },
    { service: 'example', account: 'work', kind: 'oauth' },
    { service: 'keys', account: 'work', kind: 'api_key' },
  ],
  secretKeys: ['refresh_token', 'team/a', 'team/b', 'team/b/c'],
};

describe('what a grant would allow', () => {
  test.each<[grant: string, covered: string[]]>([
    ['auth://example/work/token', ['auth://example/work/token']],
    ['auth://example/*/token', ['auth://example/home/token', 'auth://example/work/token']],
    ['auth://*/work/*', ['auth://example/work/token', 'auth://keys/work/api_key']],
    // Whoever gets the token of an API key gets the key.
    ['auth://*/work/token', ['auth://example/work/token', 'auth://keys/work/api_key']],
    ['auth://*/*/api_key', ['auth://keys/work/api_key']],
    ['auth://example/work/refresh_token', ['auth://example/work/refresh_token']],
    ['auth://*/*/refresh_token', ['auth://example/home/refresh_token', 'auth://example/work/refresh_token']],
    ['auth://keys/work/refresh_token', []],
    ['auth://absent/*/token', []],
    ['secret://team/a', ['secret://team/a']],
    ['secret://team/*', ['secret://team/a', 'secret://team/b']],
    ['secret://*', ['secret://refresh_token']],
    ['secret://*/*/*', ['secret://team/b/c']],
    ['secret://absent', []],
    ['vals:ref+echo://x', ['vals:ref+echo://x']],
  ])('%s', (grant, covered) => {
    expect(coveredBy(grant, GRANTABLE)).toEqual(covered);
  });
});
