#ifndef SIGILFORGE_GIT_H
#define SIGILFORGE_GIT_H

#include <stdbool.h>

#include "span.h"

/* What git asks a credential helper for (cli/helpers/git-request.ts). */
struct git_request {
  /* Empty if git named none. */
  struct span username;
};

/* Reads git's attributes in their ordinary form: https, a plain host, no address, no scheme but Basic. */
bool read_git_request(struct span input, struct git_request *request);

/* The user name that goes with the token of an account, by what `get_account` has answered. */
bool read_git_username(struct span account, struct span *username);

/* The answer to `get`, by what `get_token` has answered. */
bool put_git_credential(struct span username, struct span result);

#endif
