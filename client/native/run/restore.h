#ifndef SIGILFORGE_RESTORE_H
#define SIGILFORGE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/* What the caller of the command had, before Node changed it: a bit for each signal, and the limit of open files. */
struct began {
  uint64_t ignored;
  uint64_t blocked;
  rlim_t files;
  bool limits_files;
};

/* Reads `IGNORED:BLOCKED:FILES` (two in hexadecimal, one in decimal or `unlimited`); `-` stands for what is usual. */
bool read_began(const char *text, struct began *began);

/* Gives this process what the caller had. Only right before exec: a blocked signal is not seen any more. */
void restore(const struct began *began);

#endif
