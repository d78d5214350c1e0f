#ifndef SIGILFORGE_CAUGHT_H
#define SIGILFORGE_CAUGHT_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the pipe by which this process is woken by signals. Returns the end to poll, from `lowest` on, or -1. */
int open_caught(int lowest);

/* From now on a signal is noted. */
void catch_signal(int number);

void ignore_signal(int number);

void leave_signal(int number);

/* Those that have come since the last call, a bit for each. */
uint64_t take_caught(void);

/* Whether a signal has come that was not taken yet. */
bool has_caught(int number);

#endif
