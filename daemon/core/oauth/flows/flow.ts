import type { SigilforgeError } from '../../../../shared/errors.js';
import type { FlowKind } from '../../../../shared/schemas.js';
import type { OAuthClient } from '../registration/client.js';
import type { SignedIn } from '../sign-in-exchange.js';

/** What a flow that needs a person starts from. */
export interface FlowRequest {
  readonly client: OAuthClient;
  readonly scopes: readonly string[];
  /** Those of them that no person named: a sign-in goes on without them if the server refuses them. */
  readonly assumed: readonly string[];
  /** More parameters of the authorization request, or of the device authorization request. */
  readonly params: Readonly<Record<string, string>>;
  /** Takes a fixed port for the redirect, and returns what gives it back. Throws if another sign-in has it. */
  readonly claimPort: (port: number) => () => void;
  /** Runs an exchange and stores its answer with the vault kept open in between. Throws if the vault is locked before. */
  readonly keepOpen: <T>(exchange: () => Promise<T>) => Promise<T>;
  /** Stores the grant. The flow is complete, and says so in the browser, once this has returned. */
  readonly store: (answer: FlowAnswer) => Promise<void>;
}

/** What a flow ended with. */
export interface FlowAnswer extends SignedIn {
  /** The nonce that an ID token has to repeat; `undefined` if none was sent. */
  readonly nonce: string | undefined;
  /** The scopes that were asked for in the end. */
  readonly scopes: readonly string[];
}

/** What a person needs to see. */
export interface Prompt {
  readonly message: string;
  readonly authorizationUrl: string | null;
  readonly userCode: string | null;
  readonly verificationUri: string | null;
  readonly verificationUriComplete: string | null;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly intervalS: number | null;
  /** What the person is asked for. */
  readonly scopes: readonly string[];
}

/** A flow that waits for a person. */
export interface PendingFlow {
  readonly kind: FlowKind;
  readonly prompt: Prompt;
  /** Settles once: when the grant is stored, or with the error that ended the flow. */
  readonly done: Promise<void>;
  /** Takes the address that a browser on another machine was redirected to. A wrong one leaves the flow as it is. */
  complete(redirectUrl: string): Promise<void>;
  cancel(reason: SigilforgeError): void;
}
