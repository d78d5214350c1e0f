import { SigilforgeError } from '../shared/errors.js';

export function lostConnection(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'The connection to the daemon ended during the call, so the call may or may not have been carried out.',
    {
      hint: 'Check the daemon with: sigilforge daemon status. Check what the call has changed before you try again.',
    },
  );
}

export function notADaemon(): SigilforgeError {
  return new SigilforgeError('incompatible', 'What listens on the socket does not answer as a daemon.', {
    hint: 'End the program that listens there, or name another socket in SIGILFORGE_SOCKET or, in config.toml, as daemon.socket.',
  });
}
