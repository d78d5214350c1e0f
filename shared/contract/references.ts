import * as v from 'valibot';
import { Text } from '../schemas.js';
import { Encoding, MaybeTime, method } from './types.js';

export const references = {
  resolve: method(
    'Returns the value that a reference stands for.',
    { reference: Text, explain: v.optional(v.boolean(), false) },
    v.object({
      value: v.nullable(v.string()),
      encoding: Encoding,
      metadata: v.object({
        kind: v.picklist(['token', 'secret', 'external']),
        source: v.nullable(v.string()),
        expires_at: MaybeTime,
        sources: v.optional(
          v.array(
            v.object({
              source: v.string(),
              outcome: v.picklist(['found', 'absent', 'locked', 'denied', 'unavailable']),
            }),
          ),
        ),
      }),
    }),
  ),
};
