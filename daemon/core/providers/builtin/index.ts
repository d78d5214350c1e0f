import { airtable } from './airtable.js';
import { asana } from './asana.js';
import { atlassian } from './atlassian.js';
import { bitbucket } from './bitbucket.js';
import { box } from './box.js';
import { calendly } from './calendly.js';
import { canva } from './canva.js';
import { clickup } from './clickup.js';
import type { BuiltinProvider } from './define.js';
import { digitalocean } from './digitalocean.js';
import { discord } from './discord.js';
import { dropbox } from './dropbox.js';
import { figma } from './figma.js';
import { forgejo } from './forgejo.js';
import { github, githubApp } from './github.js';
import { gitlab } from './gitlab.js';
import { google } from './google.js';
import { hubspot } from './hubspot.js';
import { huggingface } from './huggingface.js';
import { linear } from './linear.js';
import { linkedin } from './linkedin.js';
import { microsoft } from './microsoft.js';
import { miro } from './miro.js';
import { monday } from './monday.js';
import { notion } from './notion.js';
import { pipedrive } from './pipedrive.js';
import { quickbooks } from './quickbooks.js';
import { reddit } from './reddit.js';
import { salesforce } from './salesforce.js';
import { slack, slackUser } from './slack.js';
import { spotify } from './spotify.js';
import { strava } from './strava.js';
import { todoist } from './todoist.js';
import { twitch } from './twitch.js';
import { x } from './x.js';
import { xero } from './xero.js';
import { zoho } from './zoho.js';
import { zoom } from './zoom.js';

const entries: readonly BuiltinProvider[] = [
  github,
  githubApp,
  gitlab,
  bitbucket,
  google,
  microsoft,
  spotify,
  discord,
  slack,
  slackUser,
  twitch,
  reddit,
  dropbox,
  notion,
  atlassian,
  linear,
  huggingface,
  zoom,
  box,
  figma,
  asana,
  salesforce,
  hubspot,
  airtable,
  x,
  linkedin,
  forgejo,
  strava,
  todoist,
  clickup,
  monday,
  quickbooks,
  xero,
  zoho,
  pipedrive,
  calendly,
  miro,
  digitalocean,
  canva,
];

/** The providers that are known without any configuration, by id. */
export const builtinProviders: ReadonlyMap<string, BuiltinProvider> = new Map(
  entries.map((provider) => [provider.id, provider]),
);
