#ifndef SIGILFORGE_MONITOR_H
#define SIGILFORGE_MONITOR_H

#include "task.h"

/* The ends that two processes have in common. */
struct line {
  int channel;
  int master;
  int slave;
  /* The real terminal and its modes. */
  int terminal;
  struct modes *modes;
};

/* Leads a session on the pseudo-terminal, with the program in it, for as long as it runs. */
_Noreturn void monitor(const struct task *task, struct line line, bool in_foreground);

#endif
