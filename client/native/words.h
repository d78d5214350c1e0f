#ifndef SIGILFORGE_WORDS_H
#define SIGILFORGE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_WORDS = 4 };

/* Options with a value. */
enum option { FORMAT, USER, HOST, PORT, ACCOUNT, OPTIONS };

/* A command line, its options apart. */
struct words {
  const char *at[MOST_WORDS];
  size_t count;
  const char *options[OPTIONS];
  bool is_quiet;
  bool wants_id_token;
};

/* False for every option that is not known here, or written in another way. */
bool read_words(char **arguments, struct words *words);

bool has_options(const struct words *words);

#endif
