#ifndef SIGILFORGE_DOCKER_H
#define SIGILFORGE_DOCKER_H

#include <stdbool.h>

#include "span.h"

/* Room for a registry as it is named here, and for an account as SERVICE/ACCOUNT, with the zero byte. */
enum { REGISTRY_ROOM = 241, ACCOUNT_ROOM = 256 };

/* The registry that docker names on standard input, if it is written in the one way that needs no thought. */
bool read_registry(struct span input, char *registry);

/* What the secret of a registry says: a login, or else an account, whose token goes with `user`. */
struct kept_login {
  /* JSON strings; without `secret` it is an account. */
  struct span user, secret;
  char account[ACCOUNT_ROOM];
};

/* Reads it out of a value, a JSON string. What was read lies in this file's memory until `wipe_kept_login`. */
bool read_kept_login(struct span value, struct kept_login *login);

void wipe_kept_login(void);

/* The answer to `get`. */
bool put_docker_login(const char *registry, struct span user, struct span secret);

#endif
