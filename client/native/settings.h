#ifndef SIGILFORGE_SETTINGS_H
#define SIGILFORGE_SETTINGS_H

#include <stdbool.h>

/* Whether config.toml names no socket: there is none, or it is safe and does not have the word. */
bool names_no_socket(const char *config);

#endif
