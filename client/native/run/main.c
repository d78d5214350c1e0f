/*
 * Starts the program of `exec`, which calls it like this:
 *
 *   sigilforge-run BEGAN REPORT OUT TERMINALS OWN PROGRAM [ARGUMENT...]
 *
 * BEGAN is what the program's signals and limits are to be (restore.h). By itself, with `- - -` for the next three, it
 * becomes the program. Otherwise it stays before a program with a terminal of its own (front.c): OUT is the descriptor
 * that gets what is shown there, TERMINALS are the program's descriptors that are this terminal, such as 0,1,2, and all
 * of the program's are below OWN.
 *
 * What it writes to descriptor REPORT, in lines: the error number if the program cannot be started, P and the number if
 * no terminal can be opened. F asks for an answer of one byte when all that was shown has been passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "task.h"

static int usage(void) {
  fputs("sigilforge-run is a part of sigilforge exec.\n", stderr);
  return 125;
}

/* A number up to a comma or the end, after which `text` goes on. */
static bool read_number(char **text, int *number) {
  char *end;
  long value = strtol(*text, &end, 10);
  if (end == *text || value < 0 || value > INT_MAX || (*end != '\0' && *end != ',')) return false;
  *number = (int)value;
  *text = *end == ',' ? end + 1 : end;
  return true;
}

static bool read_terminals(char *text, struct task *task) {
  int most = sizeof task->terminals / sizeof *task->terminals;
  for (task->terminal_count = 0; *text != '\0'; task->terminal_count++) {
    if (task->terminal_count == most) return false;
    if (!read_number(&text, &task->terminals[task->terminal_count])) return false;
  }
  return task->terminal_count > 0;
}

static bool read_task(char *arguments[], struct task *task) {
  task->out = -1;
  if (!read_began(arguments[1], &task->began) || !read_number(&arguments[2], &task->report)) return false;
  if (fcntl(task->report, F_SETFD, FD_CLOEXEC) != 0) return false;
  if (strcmp(arguments[3], "-") == 0) return true;
  return read_number(&arguments[3], &task->out) && read_terminals(arguments[4], task) &&
         read_number(&arguments[5], &task->own);
}

int main(int count, char *arguments[]) {
  static struct task task;
  if (count < 7 || !read_task(arguments, &task)) return usage();
  task.command = arguments + 6;
  if (task.out < 0) begin(&task);
  run_on_terminal(&task);
}
