import type { KeychainFault, Situation } from './protocol.js';

/**
 * The library gives every error the same code, so only the beginning of its message tells them apart. Those for Linux were
 * produced by real failures; those for macOS are the system's own texts for `errSecUserCanceled`, `errSecAuthFailed`, `errSecInteractionNotAllowed`.
 */
const BEGINNINGS: ReadonlyArray<readonly [string, Situation]> = [
  ['Platform failure: DBus error: Rejected send message', 'denied'],
  ['Platform failure: DBus error: An AppArmor policy prevents', 'denied'],
  ['Platform failure: User canceled the operation', 'denied'],
  ['Platform failure: The user name or passphrase you entered is not correct', 'denied'],
  ['Platform failure: User interaction is not allowed', 'locked'],
  ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 'locked'],
  ["Couldn't access platform storage: Secret Service: object locked", 'locked'],
  ['Platform failure: DBus error: Did not receive a reply', 'hung'],
  // On Windows: 2,560 bytes.
  ["Attribute 'password' is longer than the platform limit of ", 'too_long'],
  ["Attribute 'password encoded as UTF-16' is longer than the platform limit of ", 'too_long'],
  ["Attribute 'secret' is longer than the platform limit of ", 'too_long'],
  // It ended during the call, so there is one.
  ['Platform failure: DBus error: Message recipient disconnected', 'failed'],
  // Only these say that there is no keychain: a new vault then uses a key file, which is weaker.
  ['Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled', 'unavailable'],
  ['Platform failure: DBus error: Unable to autolaunch a dbus-daemon', 'unavailable'],
  ['Platform failure: DBus error: Failed to connect to socket', 'unavailable'],
  ['Platform failure: DBus error: Could not parse server address', 'unavailable'],
  ['Platform failure: DBus error: The name org.freedesktop.secrets was not provided', 'unavailable'],
  ['Platform failure: DBus error: Object does not exist at path', 'unavailable'],
];

/** What an error from the keychain library means. An unknown message is left out: it may quote a value. */
export function keychainFault(thrown: unknown): KeychainFault {
  const message = thrown instanceof Error ? thrown.message : '';
  const known = BEGINNINGS.find(([beginning]) => message.startsWith(beginning));
  if (known === undefined)
    return { situation: 'failed', message: 'The keychain answered with an unknown error.' };
  return { situation: known[1], message };
}
