#ifndef SIGILFORGE_MEMORY_H
#define SIGILFORGE_MEMORY_H

#include <stddef.h>

/* Keeps this process out of core files, and from being looked into by other programs of the user. */
void hide_memory(void);

/* What the next program in this process may have again. */
void show_memory(void);

/* Overwrites what is no longer needed; no compiler leaves that out. */
void wipe(void *memory, size_t size);

#endif
