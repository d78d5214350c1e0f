import { expect, test } from 'vitest';
import { runScene } from './scene.js';

// The three runners, each by real interpreters.

test('Python: run(args, context), with its own storage from run to run', async () => {
  const scene = await runScene();
  const code = `
import os
def run(args, context):
    count = context["storage"].get("count", 0) + 1
    print("printed", os.getcwd() == os.environ["TMPDIR"], context["run_id"] == os.environ["SIGILFORGE_RUN"])
    return {"response": f"{args['city']} {count}", "storage": {"count": count}}
`;
  await scene.python('weather', code);
  expect(await scene.run('weather', { city: 'Bern' })).toMatchObject({
    response: 'Bern 1',
    run: { status: 'completed', exit_code: 0, error: null, task: '{"city":"Bern"}' },
  });
  const { run, response } = await scene.run('weather', { city: 'Bern' });
  expect(response).toBe('Bern 2');
  expect(scene.said(run.id, 'output')).toEqual(['printed True True']);
});
