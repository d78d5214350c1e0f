#ifndef SIGILFORGE_INPUT_H
#define SIGILFORGE_INPUT_H

#include <stdbool.h>

#include "span.h"

/* All of standard input, if it is no terminal and not too long. It lies here until `wipe_input`. */
bool read_input(struct span *input);

/* Gives standard input back to the next program in this process, as if nothing had been read. */
void restore_input(void);

void wipe_input(void);

#endif
