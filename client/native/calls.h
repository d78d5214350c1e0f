#ifndef SIGILFORGE_CALLS_H
#define SIGILFORGE_CALLS_H

#include <stdbool.h>

#include "wire.h"
#include "words.h"

/* What a command line asks the daemon, and how the result is printed. */
struct call {
  struct words words;
  /* Without a method if nothing has to be asked, and nothing is printed. */
  struct request request;
  /* What the first result makes of the call, if there is one more: another request, or none if all is put. */
  bool (*go_on)(struct call *call, struct span result);
  /* Puts together what is printed. False if only Node can tell what is right. */
  bool (*put)(const struct words *words, struct span result);
};

/* Reads the command lines that are called all the time, in their ordinary forms. False for all others. */
bool read_call(char **arguments, struct call *call);

#endif
