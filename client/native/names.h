#ifndef SIGILFORGE_NAMES_H
#define SIGILFORGE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* The forms of shared/schemas.ts and shared/reference.ts. Nothing in these names is special in JSON. */
bool is_service(const char *text, size_t length);
bool is_account(const char *text, size_t length);
bool is_secret_key(const char *text);

/* auth:// and secret:// */
bool is_reference(const char *text);

#endif
