import { MOST_GRANTS } from '../../grant.js';
import { DoorClosed, DoorId, DoorName, type doors, GrantList, SecondsLeft } from '../doors.js';
import { cursorTexts, EXAMPLE, nextPageText } from './common.js';
import { type NamedType, namedObject, namedValue, type TextsOf } from './types.js';

const grantsText =
  'What is granted: references, in which `*` stands for one whole segment, such as `secret://team/*`. An empty list grants nothing.';
const usualText = 'What is granted, in its usual spelling.';

export const doorTypes: Readonly<Record<string, NamedType>> = {
  DoorClosed: namedObject(
    DoorClosed,
    'A notification of method `door_closed`, to the connection that had opened the door and to those that came through it: another connection has closed it by `close_door`, or its time is over. It is not to be opened again.',
    { door: 'The id of the door.' },
  ),
  DoorId: namedValue(DoorId, 'The id of a door: 16 characters of `a-z 2-7`.'),
  DoorName: namedValue(
    DoorName,
    'A name for people: 1 to 64 characters of `A-Z a-z 0-9 . _ / @ : + -` and blanks, starting with a letter or a digit.',
  ),
  SecondsLeft: namedValue(SecondsLeft, 'Seconds, also parts of one: at most those of a year.'),
  GrantList: namedValue(
    GrantList,
    `At most ${MOST_GRANTS} references, each with \`*\` for whole segments if wanted.`,
  ),
};

export const doorMethods: TextsOf<typeof doors> = {
  restrict: {
    params: {
      grants: grantsText,
      name: 'What the program is called in the record. The first name stays.',
      expires_in_s:
        'In so many seconds, nothing is granted any more. Of several times the first end counts. A call that has begun is answered.',
    },
    result: { text: 'What is granted from now on.', fields: { grants: usualText } },
    errors: ['invalid_reference'],
    example: {
      params: { grants: ['auth://github/*/token'], name: 'build', expires_in_s: 3600 },
      result: { grants: ['auth://github/*/token'] },
    },
  },
  open_door: {
    params: {
      grants: grantsText,
      name: 'What the door is called in the record and in `list_doors`.',
      door: 'The id of a door that this client had before the daemon was restarted: it is opened again at the same path.',
      expires_in_s:
        'In so many seconds, the door is closed as by `close_door`. Left out, it has no such end.',
    },
    result: {
      text: 'The door.',
      fields: {
        door: 'Its id.',
        socket: 'The path of its socket.',
      },
    },
    errors: ['invalid_reference', 'already_exists', 'unsafe_path'],
    example: {
      params: { grants: ['auth://github/work/token'], name: 'build' },
      result: { door: EXAMPLE.door, socket: `/run/user/1000/sigilforge.doors/${EXAMPLE.door}` },
    },
  },
  list_doors: {
    params: cursorTexts,
    result: {
      text: 'A page of the doors, sorted by their ids.',
      fields: {
        doors: {
          text: 'The doors.',
          fields: {
            door: 'Its id.',
            name: 'What it is called; `null` if it has no name.',
            grants: usualText,
            opened_at: 'When it was opened.',
            expires_at: 'When it is closed by itself; `null` if that was not asked for.',
            connections: 'How many connections came through it and are still open.',
          },
        },
        cursor: nextPageText,
      },
    },
    errors: [],
    example: {
      params: {},
      result: {
        doors: [
          {
            door: EXAMPLE.door,
            name: 'build',
            grants: ['auth://github/work/token'],
            opened_at: EXAMPLE.created,
            expires_at: null,
            connections: 0,
          },
        ],
        cursor: null,
      },
    },
  },
  close_door: {
    params: { door: 'The id that `open_door` or `list_doors` gave.' },
    result: { text: 'What was done.', fields: { closed: 'Whether that door was open.' } },
    errors: [],
    example: { params: { door: EXAMPLE.door }, result: { closed: true } },
  },
};
