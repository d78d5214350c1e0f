import * as v from 'valibot';
import { DOOR_ID } from '../door-path.js';
import { MOST_GRANTS } from '../grant.js';
import { pattern } from '../pattern.js';
import { MAX_REFERENCE } from '../reference.js';
import { Timestamp } from '../schemas.js';
import { Cursor, cursorParam, method } from './types.js';

/** What a person calls a door, or the program behind a narrowed connection. */
export const DoorName = v.pipe(
  v.string(),
  pattern(
    /^[A-Za-z0-9](?:[A-Za-z0-9 ._/@:+-]{0,62}[A-Za-z0-9._/@:+-])?$/,
    'a name of 1 to 64 letters (A to Z, a to z), digits, blanks and . _ / @ : + -, beginning with a letter or a digit',
  ),
);

export const DoorId = v.pipe(
  v.string(),
  pattern(DOOR_ID, 'the id of a door: 16 letters (a to z) and digits'),
);

/** References, with `*` for one whole segment: no longer than one may be. None at all grants nothing. */
export const GrantList = v.pipe(
  v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_REFERENCE))),
  v.maxLength(MOST_GRANTS),
);

/** Seconds, also parts of one: what is left of a time rarely is a whole number. */
export const SecondsLeft = v.pipe(v.number(), v.minValue(0), v.maxValue(31_536_000));

const Grants = v.array(v.string());

/** A notification of method `door_closed`, to the connection that had opened the door, and to those that came through it. */
export const DoorClosed = v.object({ door: DoorId });

export const doors = {
  restrict: method(
    'Narrows this connection to what is granted, for good; once more, it only narrows it further.',
    { grants: GrantList, name: v.optional(DoorName), expires_in_s: v.optional(SecondsLeft) },
    v.object({ grants: Grants }),
  ),
  open_door: method(
    'Opens a socket whose connections begin narrowed to what is granted. It goes away with this connection.',
    {
      grants: GrantList,
      name: v.optional(DoorName),
      door: v.optional(DoorId),
      expires_in_s: v.optional(SecondsLeft),
    },
    v.object({ door: DoorId, socket: v.string() }),
  ),
  list_doors: method(
    'Lists the doors that are open, a page at a time.',
    cursorParam,
    v.object({
      doors: v.array(
        v.object({
          door: DoorId,
          name: v.nullable(v.string()),
          grants: Grants,
          opened_at: Timestamp,
          expires_at: v.nullable(Timestamp),
          connections: v.number(),
        }),
      ),
      cursor: Cursor,
    }),
  ),
  close_door: method(
    'Closes a door, and ends the connections that came through it.',
    { door: DoorId },
    v.object({ closed: v.boolean() }),
  ),
};
