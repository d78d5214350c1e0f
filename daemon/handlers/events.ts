import { LIMITS } from '../../shared/config-limits.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Core } from '../core/core.js';
import { newId } from '../core/platform/id.js';
import { whenGone } from '../core/platform/when-gone.js';
import { mayHear } from './admission.js';
import type { Handlers, Peer } from './handlers.js';

type Methods = 'subscribe' | 'unsubscribe';

/** Subscriptions belong to the peer that made them, at most `most` to each, and end with it. */
export function eventHandlers(
  { events, runEvents }: Core,
  most: number = LIMITS.subscriptions.usual,
): Pick<Handlers, Methods> {
  const subscriptions = new WeakMap<Peer, Map<string, () => void>>();

  const ofPeer = (peer: Peer): Map<string, () => void> => {
    const known = subscriptions.get(peer);
    if (known) return known;
    const own = new Map<string, () => void>();
    subscriptions.set(peer, own);
    return own;
  };

  return {
    subscribe: ({ topics }, peer) => {
      const own = ofPeer(peer);
      if (own.size >= most) throw tooMany(most);
      const release = peer.keep();
      const subscription = newId();
      const silenceAccounts = events.listen((event, kind) => {
        if (topics.includes(event.topic) && mayHear(peer.rights, { ...event, kind }))
          peer.notify({ subscription, ...event });
      });
      // A connection may have been narrowed after it subscribed.
      const silenceRuns = runEvents.listen((event) => {
        if (topics.includes(event.topic) && !peer.rights.isNarrowed) peer.notify({ subscription, ...event });
      });
      const end = () => {
        silenceAccounts();
        silenceRuns();
        release();
      };
      const stay = whenGone(peer.gone, end);
      own.set(subscription, () => {
        stay();
        end();
      });
      return { subscription };
    },
    unsubscribe: ({ subscription }, peer) => {
      const own = ofPeer(peer);
      own.get(subscription)?.();
      return { removed: own.delete(subscription) };
    },
  };
}

function tooMany(most: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `This connection has ${most} subscriptions.`, {
    hint: 'End one with unsubscribe; one subscription can be for several topics.',
  });
}
