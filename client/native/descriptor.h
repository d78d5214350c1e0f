#ifndef SIGILFORGE_DESCRIPTOR_H
#define SIGILFORGE_DESCRIPTOR_H

#include <stdbool.h>

/* The descriptor that a text of the form N:DEV:INO means, if it still is the socket that was passed on. */
bool checked_descriptor(const char *text, int *fd);

#endif
