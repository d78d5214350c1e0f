#ifndef SIGILFORGE_TASK_H
#define SIGILFORGE_TASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "restore.h"
#include "terminal.h"

/* The program, and what this process was told about it (main.c). */
struct task {
  char *const *command;
  struct began began;
  /* Where the caller hears what went wrong. */
  int report;
  /* Where goes what the program shows, -1 if it shows it by itself. */
  int out;
  /* The program's descriptors that are the terminal, and how many these are. */
  int terminals[64];
  int terminal_count;
  /* All that the program gets are below this one. */
  int own;
};

bool is_terminal_of(const struct task *task, int fd);

/* The same descriptor beyond those of the program, which does not get it. -1 if there is none. */
int move_up(const struct task *task, int fd);

/* Closes what only the program needs. */
void close_descriptors_of(const struct task *task);

/* What is typed and shown lies in this process's memory, so core files are without it, as those of Node (core(5)). */
void leave_memory_out_of_core_files(void);

/* Says that the program could not be started, and ends. */
_Noreturn void fail(const struct task *task, const char *what, int error);

/* Becomes the program. */
_Noreturn void begin(const struct task *task);

#endif
