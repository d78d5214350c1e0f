/** How ids and secrets of a provider's clients look, where that is known for certain. */
interface Shapes {
  readonly id?: RegExp;
  readonly secret?: RegExp;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const github: Shapes = { id: /^(Iv1\.|Iv23|Ov23)\w+$|^[0-9a-f]{20}$/, secret: /^[0-9a-f]{40}$/ };
const slack: Shapes = { id: /^\d+\.\d+$/, secret: /^[0-9a-f]{32}$/ };

const SHAPES: Readonly<Record<string, Shapes>> = {
  github,
  'github-app': github,
  gitlab: { secret: /^gloas-/ },
  google: { id: /\.apps\.googleusercontent\.com$/, secret: /^GOCSPX-/ },
  microsoft: { id: GUID },
  slack,
  'slack-user': slack,
  discord: { id: /^\d{15,22}$/ },
  huggingface: { secret: /^oauth_app_secret_/ },
  notion: { id: GUID, secret: /^(secret|ntn)_/ },
};

/** Tokens, which are neither: of GitHub, GitLab, Slack, OpenAI and others, and JSON Web Tokens. */
const TOKEN = /^(gh[opusr]_|github_pat_|glpat-|xox[a-z]-|sk-|hf_|ya29\.|eyJ[\w-]+\.)/;

export function looksLikeSecret(provider: string, text: string): boolean {
  const { id, secret } = SHAPES[provider] ?? {};
  return secret?.test(text) === true && id?.test(text) !== true;
}

export function looksLikeId(provider: string, text: string): boolean {
  const { id, secret } = SHAPES[provider] ?? {};
  return id?.test(text) === true && secret?.test(text) !== true;
}

export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}
