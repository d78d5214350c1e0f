import { setTimeout as sleep } from 'node:timers/promises';
import { knowProvider, addAccount as signIn } from '../support/accounts.js';
import { holdAnswer } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import * as stored from '../support/stored.js';
import { type Benchmark, median } from './benchmark.js';
import { connect } from './built.js';

const CALLERS = 50;
const ROUNDS = 20;
/** What a provider on the internet takes. */
const EXCHANGE_MS = 100;
const account = { service: 'example', account: 'storm' };

/** An expired token that many ask for at once, over connections that are open, against one who asks alone. */
export const storm: Benchmark = async ({ sandbox, withDaemon }) => {
  const { provider, proxy, stop } = await startProxiedProvider();
  try {
    return await withDaemon(async ({ socket }) => {
      const clients = await Promise.all(Array.from({ length: CALLERS }, () => connect({ socket })));
      const [first] = clients;
      if (!first) return [];
      await knowProvider(first, provider);
      await signIn(first, account);
      const time = async (callers: readonly (typeof first)[]): Promise<number> => {
        stored.expire(sandbox.home, account.account);
        proxy.plan((exchange) => holdAnswer(sleep(EXCHANGE_MS))(exchange), { grantType: 'refresh_token' });
        const start = performance.now();
        await Promise.all(callers.map((client) => client.getToken(account)));
        return performance.now() - start;
      };
      const [alone, together]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        alone.push(await time([first]));
        together.push(await time(clients));
      }
      await Promise.all(clients.map((client) => client.close()));
      const exchanges = provider.counts.token['refresh_token'];
      if (exchanges !== 2 * ROUNDS) throw new Error(`There were ${exchanges} exchanges.`);
      return [
        {
          what: `one caller, expired token, provider of ${EXCHANGE_MS} ms`,
          value: median(alone),
          unit: 'ms',
        },
        { what: `${CALLERS} callers, the last answer`, value: median(together), unit: 'ms' },
        {
          what: `${CALLERS} callers against one`,
          value: median(together) / median(alone),
          unit: '×',
          aim: { atMost: 1.5 },
        },
      ];
    });
  } finally {
    await stop();
  }
};
