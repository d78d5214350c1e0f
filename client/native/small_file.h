#ifndef SIGILFORGE_SMALL_FILE_H
#define SIGILFORGE_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_FILE_BYTES = 64 * 1024 };

/* Reads a whole file, opened with `flags` besides, into MOST_FILE_BYTES. False if it cannot, or if it is
 * larger. */
bool read_small_file(const char *path, int flags, char *text, size_t *length);

#endif
