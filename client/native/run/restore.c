/* Puts back what Node changes before it runs any JavaScript: ignored and blocked signals, the limit of open files. */
#include "restore.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNALS = 64 };

static bool read_set(const char **text, uint64_t *set) {
  char *end;
  errno = 0;
  *set = strtoull(*text, &end, 16);
  if (errno != 0 || end == *text || *end != ':') return false;
  *text = end + 1;
  return true;
}

static bool read_limit(const char *text, rlim_t *limit) {
  char *end;
  if (strcmp(text, "unlimited") == 0) {
    *limit = RLIM_INFINITY;
    return true;
  }
  errno = 0;
  *limit = (rlim_t)strtoull(text, &end, 10);
  return errno == 0 && end != text && *end == '\0';
}

bool read_began(const char *text, struct began *began) {
  *began = (struct began){0};
  if (strcmp(text, "-") == 0) return true;
  began->limits_files = true;
  return read_set(&text, &began->ignored) && read_set(&text, &began->blocked) &&
         read_limit(text, &began->files);
}

/* Signals that a system does not have, or keeps for itself, are refused, which changes nothing. */
static void restore_dispositions(uint64_t ignored) {
  for (int signal_number = 1; signal_number <= SIGNALS; signal_number++) {
    struct sigaction action = {0};
    action.sa_handler = ignored >> (signal_number - 1) & 1 ? SIG_IGN : SIG_DFL;
    sigaction(signal_number, &action, NULL);
  }
}

static void restore_mask(uint64_t blocked) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal_number = 1; signal_number <= SIGNALS; signal_number++) {
    if (blocked >> (signal_number - 1) & 1) sigaddset(&set, signal_number);
  }
  sigprocmask(SIG_SETMASK, &set, NULL);
}

/* The hard limit is as it was; if it has become lower, it is the most that can be given. */
static void restore_files(rlim_t files) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = files < limit.rlim_max ? files : limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void restore(const struct began *began) {
  if (began->limits_files) restore_files(began->files);
  restore_dispositions(began->ignored);
  restore_mask(began->blocked);
}
