#ifndef SIGILFORGE_PRESENCE_H
#define SIGILFORGE_PRESENCE_H

#include <stdbool.h>

/* Whether Node would say nothing about the version of the daemon on `socket`, by what it has written about
 * itself. */
bool is_of_this_version(const char *presence, const char *socket);

#endif
