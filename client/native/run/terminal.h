#ifndef SIGILFORGE_TERMINAL_H
#define SIGILFORGE_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/* What two processes know of the real terminal: whichever of them is left restores it. */
struct modes {
  struct termios saved;
  struct termios raw;
  volatile bool is_raw;
};

/* A pseudo-terminal with the modes and the size of a real one. False with errno set if there is none. */
bool open_pseudo_terminal(int real, int *master, int *slave);

/* Gives the pseudo-terminal the size of the real one; its foreground is told by the kernel. */
void copy_size(int real, int master);

/* Has the pseudo-terminal end lines as the real one does, or leave that to the real one. True if that is a change. */
bool set_output_processing(int master, bool on);

/* Whether this process may read from a terminal. Without job control it always may. */
bool is_in_foreground(int terminal);

/* Every key is passed on as it is, and every byte shown as it is. What was set since the last time is kept for later. */
void make_raw(int terminal, struct modes *modes);

/* Puts the modes back that the terminal had. */
void make_usual(int terminal, struct modes *modes);

#endif
