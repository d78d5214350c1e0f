import type { Accounts } from '../accounts/accounts.js';
import { withClientAuth } from '../oauth/client-auth.js';
import type { OAuthContext } from '../oauth/exchange.js';
import { isUnknownClient } from '../oauth/failures/unknown-client.js';
import { beginAuthorizationCode } from '../oauth/flows/authorization-code.js';
import { beginDeviceCode } from '../oauth/flows/device-code.js';
import type { PendingFlow } from '../oauth/flows/flow.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import type { Logger } from '../platform/log.js';
import type { Providers } from '../providers/providers.js';
import type { Vault } from '../vault/vault.js';
import { signedInAs } from './identity.js';
import { keepOpen } from './keep-open.js';
import type { SignInClient } from './parts.js';
import type { PendingSignIns, WaitingSignIn } from './pending.js';
import type { RedirectPorts } from './redirect-ports.js';
import { beginAtFreePort } from './registered-redirect.js';
import { type RequestedClient, requestedClient, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';

/** The flows in which a person takes part. */
const BEGIN = { authorization_code: beginAuthorizationCode, device_code: beginDeviceCode };
export type PersonFlow = keyof typeof BEGIN;

interface Collaborators {
  readonly log: Logger;
  readonly accounts: Accounts;
  readonly providers: Providers;
  readonly vault: Vault;
  readonly pending: PendingSignIns;
  readonly ports: RedirectPorts;
  readonly signInStore: SignInStore;
}

/** Signs in with a person, in a browser or on another device. */
export class PersonSignIn {
  readonly #oauth: OAuthContext;
  readonly #log: Logger;
  readonly #accounts: Accounts;
  readonly #providers: Providers;
  readonly #vault: Vault;
  readonly #pending: PendingSignIns;
  readonly #ports: RedirectPorts;
  readonly #signInStore: SignInStore;

  constructor(
    oauth: OAuthContext,
    { log, accounts, providers, vault, pending, ports, signInStore }: Collaborators,
  ) {
    this.#oauth = oauth;
    this.#log = log;
    this.#accounts = accounts;
    this.#providers = providers;
    this.#vault = vault;
    this.#pending = pending;
    this.#ports = ports;
    this.#signInStore = signInStore;
  }

  /** Begins a sign-in, or joins the one that is under way with the same parameters. */
  begin(request: SignInRequest, flow: PersonFlow, client: SignInClient): Promise<WaitingSignIn> {
    const { credential: _, ...parameters } = request;
    const { service, account } = request;
    const notices: string[] = [];
    return this.#pending.begin(
      { service, account, parameters: JSON.stringify({ ...parameters, flow }) },
      client,
      () => this.#start(request, flow, notices),
      () => ({ account: this.#accounts.get(service, account), notices }),
    );
  }

  /** `notices` takes what the person should know once the grant is stored. */
  async #start(request: SignInRequest, flow: PersonFlow, notices: string[]): Promise<PendingFlow> {
    const requested = await requestedClient(this.#providers, request, flow);
    const { client } = requested;
    try {
      const begun = await this.#begin(requested, request, flow, notices);
      // What is known of the client is stored before anyone hears of it and tries again.
      const done = begun.done
        .catch((thrown: unknown) => this.#doubted(client, thrown))
        .finally(() => this.#providers.release(client));
      return { ...begun, done };
    } catch (thrown) {
      this.#providers.release(client);
      // Nothing else that keeps it from beginning says anything about the client.
      if (isUnknownClient(thrown)) return this.#doubted(client, thrown);
      throw thrown;
    }
  }

  async #doubted(client: OAuthClient, thrown: unknown): Promise<never> {
    await this.#providers.doubt(client, thrown).catch(() => {});
    throw thrown;
  }

  #begin(
    { client, kept, scopes, assumed, params }: RequestedClient,
    { service, account, replace, without_refresh: withoutRefresh }: SignInRequest,
    flow: PersonFlow,
    notices: string[],
  ): Promise<PendingFlow> {
    const surroundings = {
      ...{ oauth: this.#oauth, log: this.#log },
      revokedWith: ({ registration }: OAuthClient) =>
        this.#accounts.revokedWith({ client: registration, flow, subject: null }),
    };
    return beginAtFreePort(client, (atPort) =>
      BEGIN[flow](this.#oauth, {
        ...{ client: atPort, scopes, assumed, params },
        claimPort: (port) => this.#ports.claim(port, `${service}/${account}`),
        keepOpen: (exchange) => keepOpen(this.#vault, exchange),
        store: async (answer) => {
          const { subject, granted } = await signedInAs(surroundings, {
            ...answer,
            account: `${service}/${account}`,
          });
          const { client: signedIn, scopes: asked } = answer;
          const refused = scopes.filter((scope) => !asked.includes(scope));
          const names = { service, account, replace, withoutRefresh, flow };
          const signIn = { ...names, scopes: asked, refused, granted, subject };
          const client = withClientAuth(kept, signedIn.registration.client_auth);
          notices.push(...(await this.#signInStore.storeSignIn({ ...signIn, client })));
        },
      }),
    );
  }
}
