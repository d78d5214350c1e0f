#ifndef SIGILFORGE_START_H
#define SIGILFORGE_START_H

/* Becomes the program, which is looked up as execvp(3) does it. Returns only if that fails, with errno set. */
void become(char *const command[]);

#endif
