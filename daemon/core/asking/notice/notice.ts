import { openBrowser } from '../../../../shared/browser.js';
import { browserPlace, hasDesktop } from '../../../../shared/browser-place.js';
import { errnoOf } from '../../../../shared/errno.js';
import type { Env } from '../../store/env.js';
import { NoticeFailure } from './notice-failure.js';
import { type AskedAloud, noticeText } from './notice-text.js';
import { notify } from './notifier.js';

interface Options {
  /** `asking.desktop` in config.toml. */
  readonly desktop: boolean;
}

/** Opens the page of a request and shows its words, where there is a desktop. */
export class Notice {
  readonly #env: Pick<Env, 'log'>;
  readonly #options: Options;

  constructor(env: Pick<Env, 'log'>, options: Options) {
    this.#env = env;
    this.#options = options;
  }

  /**
   * Shows both until the request is over. Never rejects: without a desktop, a person finds the request with `sigilforge
   * secret requests`, which the page says as well.
   */
  async show(asked: AskedAloud, over: Promise<void>): Promise<void> {
    if (!this.#options.desktop) return;
    const isShown = hasDesktop();
    // The words are there before the page that asks for them.
    if (isShown)
      await this.#attempt('notification', async () => {
        const withdraw = await notify(noticeText(asked));
        void over.then(() => this.#attempt('withdrawal', withdraw));
      });
    const { address } = asked;
    if (address === undefined || !(isShown || hasBrowser())) return;
    await this.#attempt('page', () => openPage(address));
  }

  async #attempt(what: 'notification' | 'withdrawal' | 'page', work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#env.log.warn('asking.notice_failed', { what, reason: reasonOf(thrown) });
    }
  }
}

function hasBrowser(): boolean {
  return browserPlace().opens !== undefined;
}

async function openPage(address: string): Promise<void> {
  if (!hasBrowser() || !(await openBrowser(address))) throw new NoticeFailure('no browser could be started');
}

/** Other messages may quote what they are about. */
function reasonOf(thrown: unknown): string | undefined {
  if (thrown instanceof NoticeFailure) return thrown.message;
  return errnoOf(thrown) ?? (thrown instanceof Error ? thrown.name : undefined);
}
