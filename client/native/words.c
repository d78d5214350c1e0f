#include <string.h>

#include "words.h"

static const char *const NAMES[OPTIONS] = {"--format", "--user", "--host", "--port", "--account"};

static bool take_word(struct words *words, const char *word) {
  if (words->count == MOST_WORDS || word[0] == '-') return false;
  words->at[words->count++] = word;
  return true;
}

static bool take_flag(struct words *words, const char *word) {
  if (strcmp(word, "--quiet") == 0) words->is_quiet = true;
  else if (strcmp(word, "--id-token") == 0) words->wants_id_token = true;
  else return false;
  return true;
}

/* The place where the option's value is kept, NULL if it is none. */
static const char **option_named(struct words *words, const char *name) {
  for (size_t option = 0; option < OPTIONS; option++) {
    if (strcmp(name, NAMES[option]) == 0) return &words->options[option];
  }
  return NULL;
}

bool read_words(char **arguments, struct words *words) {
  for (char **word = arguments + 1; *word != NULL; word++) {
    const char **option = option_named(words, *word);
    if (option == NULL) {
      if (!take_flag(words, *word) && !take_word(words, *word)) return false;
    } else {
      if (*option != NULL || *++word == NULL || (*word)[0] == '-') return false;
      *option = *word;
    }
  }
  return words->count > 0;
}

bool has_options(const struct words *words) {
  for (size_t option = 0; option < OPTIONS; option++) {
    if (words->options[option] != NULL) return true;
  }
  return words->wants_id_token;
}
