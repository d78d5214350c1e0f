import { AuditRecord, type audit } from '../audit.js';
import { cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedObject, type TextsOf } from './types.js';

export const auditTypes: Readonly<Record<string, NamedType>> = {
  AuditRecord: namedObject(AuditRecord, 'What was handed out to a program or refused, never a value.', {
    id: 'The id of the row.',
    at: 'When it happened; for a row with a `count`, when that was written.',
    uid: 'The user of the process that connected; `null` if the system does not tell.',
    pid: 'The process that connected, which may have passed the connection on; `null` if the system does not tell.',
    executable: 'The program of that process; `null` if the system does not tell.',
    script:
      'The file that this program runs if it is an interpreter, such as `node` or `python3`; `null` otherwise.',
    door: 'The name of the door or of the narrowed connection; `null` for a connection that may ask for everything.',
    method: 'The method, or `export_vault` for an export by the library.',
    reference:
      'What it was about, in its usual spelling; `null` if there is no reference, or there were too many.',
    outcome: '`released`; or the kind of the error; or `dropped` for rows that the disk did not take.',
    count:
      'How many calls the row stands for: 1 for the first, then once a minute as many as there were since the row before.',
  }),
};

export const auditMethods: TextsOf<typeof audit> = {
  list_audit: {
    params: {
      since: 'Only rows from then on.',
      reference: 'Only rows about this reference, in which `*` stands for one whole segment.',
      program: 'Only rows of this executable or script: the whole path, or its last name.',
      ...cursorTexts,
    },
    result: {
      text: 'A page of rows.',
      fields: { records: 'The rows, oldest first.', cursor: nextPageText },
    },
    errors: [],
    example: {
      params: { reference: 'auth://example/*/token' },
      result: {
        records: [
          {
            id: EXAMPLE.keyId,
            at: EXAMPLE.created,
            uid: 1000,
            pid: 4242,
            executable: '/usr/bin/python3.12',
            script: '/home/me/job/main.py',
            door: null,
            method: 'get_token',
            reference: 'auth://example/work/token',
            outcome: 'released',
            count: 1,
          },
        ],
        cursor: null,
      },
    },
  },
  verify_audit: {
    params: {},
    result: {
      text: 'What was found.',
      fields: {
        intact: 'Whether every row is as it was recorded.',
        records: 'How many rows were checked; with a fault, those before it.',
        since: 'When the rows begin that are kept; `null` if there are none yet.',
        fault: {
          text: 'The first fault; `null` if there is none.',
          fields: {
            seq: 'The number of the row, in the order in which the rows were written.',
            id: 'The id of the row; `null` if it is not there.',
            reason:
              '`changed`: it is not what was recorded there, or was moved; `missing`: it was removed; `added`: it was not written by Sigilforge; `key`: the key that the chain of rows begins or ends with was changed.',
          },
        },
      },
    },
    errors: [...OPENS_VAULT],
    example: {
      params: {},
      result: { intact: true, records: 1, since: EXAMPLE.created, fault: null },
    },
  },
};
