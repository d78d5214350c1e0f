import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Redaction } from '../../../daemon/core/runs/redaction.js';
import { Secret } from '../../../shared/secret.js';

test('bytes that go out to a run as base64 are redacted in every form, not only as base64', () => {
  const bytes = randomBytes(32);
  const redaction = new Redaction();
  redaction.add(new Secret(bytes.toString('base64')), 'base64');
  for (const encoding of ['base64', 'hex', 'base64url'] as const) {
    const text = bytes.toString(encoding);
    expect(redaction.text(`It is ${text}.`)).not.toContain(text.slice(4, -4));
  }
});
