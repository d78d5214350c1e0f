/*
 * Starts the program of `exec`, which calls it like this:
 *
 *   sigilforge-run BEGAN REPORT PROGRAM [ARGUMENT...]
 *
 * BEGAN is what the program's signals and limits are to be (restore.h). On descriptor REPORT the error number is written,
 * as a line, if the program cannot be started; it is closed if it can.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "restore.h"
#include "start.h"

enum { FAILED_BEFORE = 125 };

static int usage(void) {
  fputs("sigilforge-run is a part of sigilforge exec.\n", stderr);
  return FAILED_BEFORE;
}

static bool read_descriptor(const char *text, int *fd) {
  char *end;
  long number = strtol(text, &end, 10);
  if (end == text || *end != '\0' || number < 0 || number > INT_MAX) return false;
  *fd = (int)number;
  return fcntl(*fd, F_SETFD, FD_CLOEXEC) == 0;
}

static void report_error(int report, int error) {
  char line[16];
  int length = snprintf(line, sizeof line, "%d\n", error);
  while (write(report, line, (size_t)length) < 0 && errno == EINTR) continue;
}

int main(int count, char *arguments[]) {
  struct began began;
  int report;
  if (count < 4 || !read_began(arguments[1], &began) || !read_descriptor(arguments[2], &report)) return usage();
  restore(&began);
  become(arguments + 3);
  report_error(report, errno);
  return FAILED_BEFORE;
}
