import { CapabilityName, VariableName } from '../../manifest.js';
import {
  BotState,
  CapabilityDetails,
  CapabilityInfo,
  CapabilityVersion,
  type capabilities,
  FileChange,
  Grant,
  RequiredSecret,
  ServiceStatus,
} from '../capabilities.js';
import { cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, namedObject, namedValue, type TextsOf } from './types.js';

const infoTexts = {
  id: 'The id of the capability.',
  name: 'The name that its manifest gives it.',
  version: 'The version that its manifest names.',
  number: 'Counts what was trusted of it, from 1.',
  description: 'What its manifest says about it.',
  runner: 'What runs it: `python`, `node`, or a program (`command`).',
  path: 'Its folder.',
  active: 'Whether it may run.',
  service: 'How it stands if it is a bot; otherwise `null`.',
  created_at: 'When it was registered.',
  trusted_at: 'When what runs now was trusted.',
};

export const capabilityTypes: Readonly<Record<string, NamedType>> = {
  CapabilityName: namedValue(
    CapabilityName,
    'The name of a capability: 1 to 64 characters of `a-z 0-9 . _ -`, starting with a letter or a digit.',
  ),
  VariableName: namedValue(
    VariableName,
    'A name as variables have it: 1 to 128 characters of `A-Z a-z 0-9 _`, not starting with a digit.',
  ),
  Grant: namedValue(Grant, 'A reference, in which `*` stands for one whole segment.'),
  CapabilityInfo: namedObject(CapabilityInfo, 'A capability, as it was trusted last.', infoTexts),
  CapabilityDetails: namedObject(
    CapabilityDetails,
    'A capability with what it asks for, what it was granted, and what a run would get.',
    {
      ...infoTexts,
      timeout_s: 'The seconds that a run may take.',
      concurrent: 'Whether several runs of it may be under way at once.',
      keep_alive: 'Whether one process serves many runs, one after another.',
      bot: 'What is known about it if it is a bot; otherwise `null`.',
      command: 'The program and its arguments; for `python` and `node`, the file that they load.',
      grants: {
        text: 'What it asks for, and what else it was granted.',
        fields: {
          grant: 'The reference.',
          asked_for: 'Whether its manifest asks for it.',
          granted_at: 'When a person granted it; `null` if that has not happened: then no run starts.',
        },
      },
      env: 'The variables that a run gets, each with the reference whose value it has.',
      required_secrets: 'The secrets of its own that it needs.',
      file_count: 'How many files were trusted.',
    },
  ),
  ServiceStatus: namedChoice(ServiceStatus, 'How a bot stands.', {
    created: 'It was never started.',
    running: 'Its program is up.',
    stopped: 'A person stopped it.',
    failing: 'It ended by itself, or could not be started, and is started again soon.',
  }),
  BotState: namedObject(BotState, 'What is known about a bot.', {
    since: 'Since when it stands as it does; `null` if the daemon does not know.',
    run_id: 'The run of the program that is up; `null` if none is.',
    restarts: 'How often it was started again by itself since a person or the daemon started it.',
    next_start_at: 'When it is started again; `null` if it does not wait for that.',
    error: 'Why it ended last, or could not be started; `null` if nothing went wrong.',
    transcript: 'The file with what it says today: JSON lines. A new one begins each day, in UTC.',
  }),
  RequiredSecret: namedObject(RequiredSecret, 'A secret of its own that a capability needs.', {
    name: 'The name by which a run finds it.',
    description: 'What it is for.',
    obtain: 'Where a person gets one; `null` if the manifest does not say.',
    obtain_instructions: 'How; `null` if the manifest does not say.',
    is_set: 'Whether it is stored. Without it, no run starts.',
  }),
  CapabilityVersion: namedObject(CapabilityVersion, 'What was trusted of a capability.', {
    number: 'Counts the versions of a capability, from 1.',
    version: 'The version that the manifest names.',
    trusted_at: 'When it was trusted.',
    file_count: 'How many files it has.',
    manifest: 'The manifest, as it was written.',
    kept: 'Whether its files are kept, so that it can be restored: those of at most 1 MiB in all are.',
  }),
  FileChange: namedObject(FileChange, 'What became of a file since it was trusted.', {
    path: 'The file, by its path in the folder.',
    change: '`added`, `changed` or `missing`.',
  }),
};

const nameText = { name: 'The name of the capability.' };
const keyText = 'The name by which a run finds the secret.';
const grantsNowText = 'All that is granted now, in its usual spelling.';
const detailsText = (text: string) => ({ text, fields: { capability: 'The capability.' } });

const exampleInfo: CapabilityInfo = {
  id: EXAMPLE.capabilityId,
  name: 'weather',
  version: '1.2.0',
  number: 1,
  description: 'Tells the weather of a city.',
  runner: 'python',
  path: EXAMPLE.capabilityPath,
  active: true,
  service: null,
  created_at: EXAMPLE.created,
  trusted_at: EXAMPLE.created,
};

const exampleManifest =
  '{"name":"weather","version":"1.2.0","description":"Tells the weather of a city.","run":{"runner":"python","entry":"main.py"}}';

const exampleDetails: CapabilityDetails = {
  ...exampleInfo,
  timeout_s: 60,
  concurrent: false,
  keep_alive: false,
  bot: null,
  command: ['main.py'],
  grants: [{ grant: 'auth://example/work/token', asked_for: true, granted_at: null }],
  env: { EXAMPLE_TOKEN: 'auth://example/work/token' },
  required_secrets: [
    {
      name: 'API_KEY',
      description: 'Asks the weather service.',
      obtain: 'https://weather.example.org/keys',
      obtain_instructions: 'Sign up, then press "New key".',
      is_set: false,
    },
  ],
  file_count: 2,
};

const exampleBotState: BotState = {
  since: EXAMPLE.used,
  run_id: EXAMPLE.runId,
  restarts: 0,
  next_start_at: null,
  error: null,
  transcript: EXAMPLE.transcript,
};

const exampleBot: CapabilityDetails = {
  ...exampleDetails,
  name: 'watcher',
  description: 'Watches the weather.',
  grants: [],
  env: {},
  required_secrets: [],
  service: 'running',
  bot: exampleBotState,
};

export const capabilityMethods: TextsOf<typeof capabilities> = {
  register_capability: {
    params: { path: 'The whole path of the folder, in which `manifest.json` says what the capability is.' },
    result: detailsText('What was registered.'),
    errors: ['not_found', 'already_exists', 'config', 'unsafe_path', ...OPENS_VAULT],
    example: {
      params: { path: EXAMPLE.capabilityPath },
      result: { capability: exampleDetails },
    },
  },
  list_capabilities: {
    params: cursorTexts,
    result: {
      text: 'A page of capabilities: at most 64 KiB of them.',
      fields: {
        capabilities: 'The capabilities, sorted by name.',
        damaged:
          'On the first page: the names of those whose stored data is damaged; left out if there are none. `get_capability` says what to do.',
        cursor: nextPageText,
      },
    },
    errors: [],
    example: { params: {}, result: { capabilities: [exampleInfo], cursor: null } },
  },
  get_capability: {
    params: nameText,
    result: detailsText('What is known about it.'),
    errors: ['not_found', 'integrity'],
    example: { params: { name: 'weather' }, result: { capability: exampleDetails } },
  },
  set_capability_active: {
    params: { ...nameText, active: 'Whether it may run.' },
    result: detailsText('The capability as it is now.'),
    errors: ['not_found', 'integrity'],
    example: { params: { name: 'weather', active: true }, result: { capability: exampleDetails } },
  },
  remove_capability: {
    params: nameText,
    result: {
      text: 'What was done.',
      fields: { removed: 'Whether the capability was removed.' },
    },
    errors: ['not_found', 'integrity'],
    example: { params: { name: 'weather' }, result: { removed: true } },
  },
  check_capability: {
    params: {
      ...nameText,
      number: 'The version to compare with; the one that was trusted last if left out.',
    },
    result: {
      text: 'What was found.',
      fields: {
        changes: 'The files that are not what was trusted, sorted by path; usually none.',
        digest: 'A SHA-256 of all that is in the folder now, for `trust_capability`.',
        trusted_manifest: 'The manifest that was trusted, as it was written.',
        manifest: 'The manifest that is in the folder now; `null` if there is none that can be read.',
      },
    },
    errors: ['not_found', 'unsafe_path', ...OPENS_VAULT],
    example: {
      params: { name: 'weather' },
      result: {
        changes: [],
        digest: EXAMPLE.digest,
        trusted_manifest: exampleManifest,
        manifest: exampleManifest,
      },
    },
  },
  trust_capability: {
    params: {
      ...nameText,
      digest:
        'The `digest` that `check_capability` gave: if the folder was changed since, nothing is trusted. Left out, whatever is there now is trusted.',
    },
    result: detailsText('The capability as it runs from now on.'),
    errors: ['not_found', 'config', 'unsafe_path', ...OPENS_VAULT],
    example: { params: { name: 'weather' }, result: { capability: exampleDetails } },
  },
  restore_capability: {
    params: {
      ...nameText,
      number: 'The version, as `list_capability_versions` counts it.',
      digest:
        'The `digest` that `check_capability` gave: if the folder was changed since, nothing is restored. Left out, whatever is there now is replaced.',
    },
    result: detailsText('The capability as it runs from now on.'),
    errors: ['not_found', 'unsafe_path', ...OPENS_VAULT],
    example: { params: { name: 'weather', number: 1 }, result: { capability: exampleDetails } },
  },
  start_capability: {
    params: nameText,
    result: detailsText('The bot, once its program is up.'),
    errors: ['not_found', 'config', 'external', 'unsafe_path', ...OPENS_VAULT],
    example: { params: { name: 'watcher' }, result: { capability: exampleBot } },
  },
  stop_capability: {
    params: nameText,
    result: detailsText('The bot, once no process of it is left.'),
    errors: ['not_found', 'integrity'],
    example: {
      params: { name: 'watcher' },
      result: {
        capability: { ...exampleBot, service: 'stopped', bot: { ...exampleBotState, run_id: null } },
      },
    },
  },
  restart_capability: {
    params: nameText,
    result: detailsText('The bot, once its program is up again.'),
    errors: ['not_found', 'config', 'external', 'unsafe_path', ...OPENS_VAULT],
    example: { params: { name: 'watcher' }, result: { capability: exampleBot } },
  },
  list_capability_versions: {
    params: { ...nameText, ...cursorTexts },
    result: {
      text: 'A page of what was trusted: at most 64 KiB of it, or a single version that is longer.',
      fields: {
        versions: 'The versions, the newest first.',
        cursor: nextPageText,
      },
    },
    errors: ['not_found', 'integrity'],
    example: {
      params: { name: 'weather' },
      result: {
        versions: [
          {
            number: 1,
            version: '1.2.0',
            trusted_at: EXAMPLE.created,
            file_count: 2,
            manifest: exampleManifest,
            kept: true,
          },
        ],
        cursor: null,
      },
    },
  },
  grant_capability: {
    params: { ...nameText, grant: 'The reference. Its manifest need not ask for it.' },
    result: { text: 'What is granted.', fields: { grants: grantsNowText } },
    errors: ['not_found', 'invalid_reference', ...OPENS_VAULT],
    example: {
      params: { name: 'weather', grant: 'auth://example/work/token' },
      result: { grants: ['auth://example/work/token'] },
    },
  },
  revoke_capability: {
    params: { ...nameText, grant: 'The reference, as it was granted.' },
    result: {
      text: 'What was done.',
      fields: {
        revoked: 'Whether it had been granted.',
        grants: grantsNowText,
      },
    },
    errors: ['not_found', 'invalid_reference', ...OPENS_VAULT],
    example: {
      params: { name: 'weather', grant: 'auth://example/work/token' },
      result: { revoked: true, grants: [] },
    },
  },
  set_capability_secret: {
    params: {
      ...nameText,
      key: keyText,
      value:
        'The value, in `encoding`: text in UTF-8, as a run gets it in JSON; at most 256 KiB once decoded.',
      encoding: 'How `value` is written.',
    },
    result: { text: 'What was stored.', fields: { key: keyText } },
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { name: 'weather', key: 'API_KEY', value: 'correct horse' },
      result: { key: 'API_KEY' },
    },
  },
  delete_capability_secret: {
    params: { ...nameText, key: keyText },
    result: { text: 'What was done.', fields: { deleted: 'Whether the secret was deleted.' } },
    errors: ['not_found'],
    example: { params: { name: 'weather', key: 'API_KEY' }, result: { deleted: true } },
  },
  list_capability_secrets: {
    params: { ...nameText, ...cursorTexts },
    result: {
      text: 'A page of names.',
      fields: {
        secrets: {
          text: 'The secrets, sorted by name.',
          fields: {
            key: keyText,
            created_at: 'When it was first stored.',
            updated_at: 'When its value was last stored.',
          },
        },
        cursor: nextPageText,
      },
    },
    errors: ['not_found'],
    example: {
      params: { name: 'weather' },
      result: {
        secrets: [{ key: 'API_KEY', created_at: EXAMPLE.created, updated_at: EXAMPLE.used }],
        cursor: null,
      },
    },
  },
};
