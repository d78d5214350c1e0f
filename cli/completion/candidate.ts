/** A word that fits where the cursor is. */
export interface Candidate {
  readonly value: string;
  /** What a shell may show beside it. */
  readonly note?: string;
}

/** What fits where the cursor is: words, or what the shell itself knows better. */
export type Answer =
  | { readonly what: 'words'; readonly candidates: readonly Candidate[] }
  /** `before`: what stands before the path in the same word, such as `--at=`. */
  | { readonly what: 'files' | 'folders'; readonly before: string }
  | { readonly what: 'program'; readonly begins: number };
