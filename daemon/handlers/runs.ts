import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'run_capability'
  | 'wait_run'
  | 'cancel_run'
  | 'list_runs'
  | 'get_run'
  | 'list_messages'
  | 'create_run'
  | 'append_message'
  | 'finish_run';

export function runHandlers({ runs, history }: Core): Pick<Handlers, Methods> {
  return {
    run_capability: (params, peer) => runs.run(params, peer),
    wait_run: (params, peer) => runs.wait(params, peer),
    cancel_run: async ({ run_id }) => ({ cancelled: await runs.cancel(run_id) }),
    list_runs: (query) => history.list(query),
    get_run: ({ run_id }) => history.get(run_id),
    list_messages: (query) => history.messages(query),
    create_run: async ({ task }) => ({
      run: await history.begin({ capability: null, task, status: 'running' }),
    }),
    append_message: async (params) => ({ message: await history.append(params) }),
    finish_run: async (params) => ({ run: await history.finish(params) }),
  };
}
