#ifndef SIGILFORGE_PRIVATE_H
#define SIGILFORGE_PRIVATE_H

#include <stdbool.h>
#include <sys/stat.h>

/* The rules of shared/ownership.ts. All are false for what others could have put there. */

/* Whether others can neither replace nor rename a folder or link on the way to `target`. */
bool way_is_safe(const char *target);

/* The same for the way and the file itself, which may be a link. */
bool is_unchangeable(const char *file);

/* Whether it is the user's own, and closed to others. A link is not. */
bool is_private(const struct stat *stats);

#endif
