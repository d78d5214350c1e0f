#ifndef SIGILFORGE_REACH_H
#define SIGILFORGE_REACH_H

#include <stdbool.h>

/* A way to the daemon. */
struct way {
  int fd;
  /* Whether other processes read the same stream: then it is never ended here. */
  bool is_shared;
};

/*
 * Connects to `socket`, after it has checked that the socket and its folder are the user's own. Only if the
 * system forbids Unix sockets, or if there is no path, it takes what SIGILFORGE_FD names. Both may be NULL.
 */
bool reach_daemon(const char *socket, const char *descriptor, struct way *way);

void leave_daemon(const struct way *way);

/* Opens nothing in the place of standard input, output or error, if one of them is closed. */
bool is_own_descriptor(int fd);

#endif
