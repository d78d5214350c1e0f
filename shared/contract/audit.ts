import * as v from 'valibot';
import { Text, Timestamp, Uuid } from '../schemas.js';
import { cursorParam, MaybeTime, method } from './types.js';

/** A row of the record. */
export const AuditRecord = v.object({
  id: Uuid,
  at: Timestamp,
  uid: v.nullable(v.number()),
  pid: v.nullable(v.number()),
  executable: v.nullable(v.string()),
  script: v.nullable(v.string()),
  door: v.nullable(v.string()),
  method: v.string(),
  reference: v.nullable(v.string()),
  outcome: v.string(),
  count: v.number(),
});
export type AuditRecord = v.InferOutput<typeof AuditRecord>;

export const audit = {
  list_audit: method(
    'Lists what was handed out and what was refused, oldest first, a page at a time.',
    { since: v.optional(Timestamp), reference: v.optional(Text), program: v.optional(Text), ...cursorParam },
    v.object({ records: v.array(AuditRecord), cursor: v.nullable(v.string()) }),
  ),
  verify_audit: method(
    'Checks that no row of that list was changed, removed, moved or added by another program. The vault must be open.',
    {},
    v.object({
      intact: v.boolean(),
      records: v.number(),
      since: MaybeTime,
      fault: v.nullable(
        v.object({
          seq: v.number(),
          id: v.nullable(v.string()),
          reason: v.picklist(['changed', 'missing', 'added', 'key']),
        }),
      ),
    }),
  ),
};
