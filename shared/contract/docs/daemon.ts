import { type daemon, Leaving } from '../daemon.js';
import { EXAMPLE } from './common.js';
import { type NamedType, namedObject, type TextsOf } from './types.js';
import { keySourceText } from './vault.js';

const levelText = 'The level from now on, until the daemon ends.';

export const daemonTypes: Readonly<Record<string, NamedType>> = {
  Leaving: namedObject(
    Leaving,
    'A notification of method `leaving`, to a connection that asked for it by `expect_leaving`: the daemon is about to end. What is asked on this connection is still answered for a second. Make no more calls on it, close it once yours are answered, and connect again.',
    {
      successor:
        'Whether the next daemon listens at the same place already, and answers as soon as this one has ended.',
    },
  ),
};

export const daemonMethods: TextsOf<typeof daemon> = {
  status: {
    params: {},
    result: {
      text: 'The state of the daemon.',
      fields: {
        version: 'The version of Sigilforge that answers.',
        protocol: 'The version of the wire protocol, a whole number.',
        pid: 'The process id of the process that answers.',
        started_at: 'When it started.',
        started_by:
          'What started it: a service manager, or a command such as `sigilforge daemon start`; `null` for the library in-process.',
        uptime_s: 'Whole seconds since the process started.',
        socket: 'The path of the socket that it listens on; `null` for the library in-process.',
        account_count: 'How many accounts are stored; `null` on a narrowed connection.',
        secret_count: 'How many secrets are stored; `null` on a narrowed connection.',
        connections:
          'How many clients are connected; 0 for the library in-process, `null` on a narrowed connection.',
        peers_checked:
          "Whether the daemon sees which user connects, and so ends other users' connections; false if only the mode of its socket's folder keeps them out, `null` for the library in-process.",
        vault: {
          text: 'The vault.',
          fields: { state: 'Whether it is locked.', key_source: keySourceText },
        },
        keychain: {
          text: 'The keychain, as it was when it was last used.',
          fields: {
            available: 'Whether it answered; `null` if it has not been used yet.',
            error: 'Why it did not answer, in a sentence; `null` if it did.',
            probed_at: 'When it was last used; `null` if never.',
          },
        },
      },
    },
    errors: [],
    example: {
      params: {},
      result: {
        version: '0.1.0',
        protocol: 1,
        pid: 4242,
        started_at: EXAMPLE.created,
        started_by: 'command',
        uptime_s: 1800,
        socket: '/run/user/1000/sigilforge.sock',
        account_count: 1,
        secret_count: 1,
        connections: 1,
        peers_checked: true,
        vault: { state: 'unlocked', key_source: 'key_file' },
        keychain: { available: null, error: null, probed_at: null },
      },
    },
  },
  'rpc.discover': {
    params: {},
    result: 'An OpenRPC 1.3 document (spec.open-rpc.org).',
    errors: [],
    example: {
      params: {},
      result: { openrpc: '1.3.2', info: { title: 'Sigilforge', version: '0.1.0' }, methods: [] },
    },
  },
  set_log_level: {
    params: { level: levelText },
    result: { text: 'What was set.', fields: { level: levelText } },
    errors: [],
    example: { params: { level: 'debug' }, result: { level: 'debug' } },
  },
  shutdown: {
    params: {
      successor:
        'Whether this client is a daemon that has bound its own socket at the same place and serves from then on. If it ends before the daemon has, the daemon stays.',
    },
    result: {
      text: 'What happens now.',
      fields: { stopping: 'Always true. The library in-process goes on: its program ends it by `close`.' },
    },
    errors: [],
    example: { params: {}, result: { stopping: true } },
  },
  expect_leaving: {
    params: {},
    result: {
      text: 'How it is now. Sent as a notification, the method has no answer.',
      fields: {
        leaving: 'Whether the daemon is about to end already; the library in-process never is.',
      },
    },
    errors: [],
    example: { params: {}, result: { leaving: false } },
  },
};
