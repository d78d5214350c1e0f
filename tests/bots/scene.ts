import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { BotState, CapabilityDetails, ServiceStatus } from '../../shared/contract/index.js';
import { isRecord, parseJson } from '../../shared/json.js';
import { type ManifestPart, writeCapability } from '../runs/scene.js';

/** Stays up, and ends when it is asked to. */
export const STAYS = 'echo up\nexec sleep 600\n';

const POLL = { timeout: 30_000, interval: 20 };

/** What is known about a bot, or a test that has no use for one that is none. */
export type Bot = BotState & { readonly service: ServiceStatus };

/** Registers a bot of a script for sh, and gives its folder. */
export async function addBot(
  { api, home }: { readonly api: SigilforgeClient; readonly home: string },
  name: string,
  code: string,
  manifest: ManifestPart = {},
): Promise<string> {
  const run = { runner: 'command', command: ['./main'] };
  const main = `#!/bin/sh\n${code}`;
  const folder = writeCapability(home, name, { run, service: true, ...manifest }, { main });
  await api.registerCapability({ path: folder });
  return folder;
}

export async function botOf(api: SigilforgeClient, name: string): Promise<Bot> {
  return shown((await api.getCapability({ name })).capability);
}

export function shown({ name, service, bot }: CapabilityDetails): Bot {
  if (service === null || bot === null) throw new Error(`${name} is no bot.`);
  return { ...bot, service };
}

/** Resolves once a bot stands as expected. */
export async function until(api: SigilforgeClient, name: string, expected: object): Promise<Bot> {
  await expect.poll(() => botOf(api, name), POLL).toMatchObject(expected);
  return botOf(api, name);
}

/** The lines of the transcripts of a bot, the oldest first. */
export function linesOf(home: string, name: string): Record<string, unknown>[] {
  return filesOf(home, name)
    .flatMap((file) => readFileSync(path.join(folderOf(home, name), file), 'utf8').split('\n'))
    .map((line) => parseJson(line))
    .filter(isRecord);
}

/** What it printed, by its transcripts. */
export function printed(home: string, name: string): string[] {
  return linesOf(home, name)
    .filter(({ role }) => role === 'output')
    .map(({ content }) => String(content));
}

/** Resolves once it has printed this line, so many times. */
export async function heard(home: string, name: string, line: string, times = 1): Promise<void> {
  const count = () => printed(home, name).filter((own) => own === line).length;
  await expect.poll(count, POLL).toBe(times);
}

export function folderOf(home: string, name: string): string {
  return path.join(home, 'state', 'bots', name);
}

function filesOf(home: string, name: string): string[] {
  try {
    return readdirSync(folderOf(home, name)).sort();
  } catch {
    return [];
  }
}

/** The runs of a bot, the newest first. */
export async function runsOf(api: SigilforgeClient, name: string) {
  return (await api.listRuns({ capability: name })).runs;
}

/** Processes with this word among their arguments. */
export function running(word: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && argumentsOf(pid).includes(word))
    .map(Number);
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
