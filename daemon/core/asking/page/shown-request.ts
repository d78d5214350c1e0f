import type { SecretRequestState } from '../../../../shared/contract/index.js';
import type { WantedSecret } from '../../../../shared/manifest.js';

/** How a browser stands to a page: it is the one that opened it first, or the page cannot be shown to it. */
type Visit =
  | { readonly kind: 'known' | 'early' | 'over' }
  /** The first opening: the browser is to keep this value. */
  | { readonly kind: 'bound'; readonly key: string };

/** A request for secrets, as its page deals with it. */
export interface ShownRequest {
  readonly id: string;
  readonly asked: {
    readonly capability: { readonly name: string };
    readonly secrets: readonly WantedSecret[];
  };
  readonly state: SecretRequestState;
  readonly expiresAt: string | null;
  readonly triesLeft: number;
  visit(key: string | undefined): Visit;
  isBound(key: string | undefined): boolean;
  takesWords(words: string): boolean;
}
