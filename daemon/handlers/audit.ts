import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods = 'list_audit' | 'verify_audit';

export function auditHandlers({ trail }: Core): Pick<Handlers, Methods> {
  return {
    list_audit: (query) => trail.list(query),
    verify_audit: () => trail.verify(),
  };
}
