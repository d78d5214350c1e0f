#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "start.h"

enum { FAILED_BEFORE = 125 };

bool is_terminal_of(const struct task *task, int fd) {
  for (int index = 0; index < task->terminal_count; index++) {
    if (task->terminals[index] == fd) return true;
  }
  return false;
}

int move_up(const struct task *task, int fd) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, task->own);
  int error = errno;
  close(fd);
  errno = error;
  return moved;
}

void close_descriptors_of(const struct task *task) {
  for (int fd = 0; fd < task->own; fd++) close(fd);
}

void leave_memory_out_of_core_files(void) {
  int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (filter < 0) return;
  /* There is nothing else to do about it. */
  ssize_t written = write(filter, "0", 1);
  (void)written;
  close(filter);
}

void fail(const struct task *task, const char *what, int error) {
  char line[24];
  int length = snprintf(line, sizeof line, "%s%d\n", what, error);
  while (write(task->report, line, (size_t)length) < 0 && errno == EINTR) continue;
  _exit(FAILED_BEFORE);
}

void begin(const struct task *task) {
  restore(&task->began);
  become(task->command);
  fail(task, "", errno);
}
