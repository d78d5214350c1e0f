#ifndef SIGILFORGE_GIT_H
#define SIGILFORGE_GIT_H

#include <stdbool.h>

#include "span.h"

/* What git asks a credential helper for (cli/helpers/git-request.ts). */
struct git_request {
  /* The one that git named, else what the host wants with a token. */
  struct span username;
  /* Whether the credential that git sends ends by itself: such a one is not kept. */
  bool passes;
};

/* Reads git's attributes in their ordinary form: https, a plain host, no address, no challenge for Bearer. */
bool read_git_request(struct span input, struct git_request *request);

/* The answer to `get`, by what `get_token` has answered. */
bool put_git_credential(struct span username, struct span result);

#endif
