#ifndef SIGILFORGE_PLACES_H
#define SIGILFORGE_PLACES_H

#include <limits.h>
#include <stdbool.h>

/* Where Sigilforge keeps what this program reads, as shared/paths.ts says. */
struct places {
  char config[PATH_MAX];
  char presence[PATH_MAX];
  char socket[PATH_MAX];
};

/* False where a variable needs a closer look: relative, with `..`, not UTF-8, or missing. */
bool find_places(struct places *places);

/* Whether a path is absolute, UTF-8, and as short as it can be written. */
bool is_plain_path(const char *path);

/* A variable that is set to something, else NULL. */
const char *variable(const char *name);

#endif
