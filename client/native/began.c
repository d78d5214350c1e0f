/*
 * Node gives ignored signals their default, unblocks all, and raises the soft limit of open files. `exec`
 * gives its program what its own caller had, and so it is told here, as
 *
 *   SIGILFORGE_BEGAN=IGNORED:BLOCKED:SOFT:HARD
 *
 * The first two are sets of signals as /proc/self/status shows them: 16 hexadecimal digits, the lowest bit
 * for signal 1. The others are limits of open files, decimal or `unlimited`.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "began.h"

enum { LAST_SIGNAL = 64 };

static uint64_t bit_of(int signal) {
  return (uint64_t)1 << (signal - 1);
}

/* Signals that the system does not have, or keeps to itself, are in neither set. */
static uint64_t ignored_signals(void) {
  uint64_t set = 0;
  for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
    struct sigaction action;
    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN) set |= bit_of(signal);
  }
  return set;
}

static uint64_t blocked_signals(void) {
  sigset_t blocked;
  uint64_t set = 0;
  if (sigprocmask(SIG_SETMASK, NULL, &blocked) != 0) return 0;
  for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
    if (sigismember(&blocked, signal) == 1) set |= bit_of(signal);
  }
  return set;
}

static void print_limit(char *text, size_t size, rlim_t limit) {
  if (limit == RLIM_INFINITY) snprintf(text, size, "unlimited");
  else snprintf(text, size, "%ju", (uintmax_t)limit);
}

void note_beginning(void) {
  struct rlimit files;
  char soft[24], hard[24], text[96];
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  print_limit(soft, sizeof soft, files.rlim_cur);
  print_limit(hard, sizeof hard, files.rlim_max);
  snprintf(text, sizeof text, "%016" PRIx64 ":%016" PRIx64 ":%s:%s", ignored_signals(), blocked_signals(),
           soft, hard);
  /* Without it `exec` goes on with what Node has: no reason to stop. */
  setenv("SIGILFORGE_BEGAN", text, true);
}
