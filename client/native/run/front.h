#ifndef SIGILFORGE_FRONT_H
#define SIGILFORGE_FRONT_H

#include "task.h"

/* Runs the program on a terminal of its own, and ends as it does. */
_Noreturn void run_on_terminal(struct task *task);

#endif
