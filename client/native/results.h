#ifndef SIGILFORGE_RESULTS_H
#define SIGILFORGE_RESULTS_H

#include <stdbool.h>

#include "span.h"

/*
 * What methods answer, checked as the contract's schemas do (shared/contract/), or more strictly. The members
 * are JSON values that lie in the answer.
 */
struct token {
  struct span access_token, token_type, expires_at, scopes;
};

bool read_token(struct span result, struct token *token);

/* The value that `resolve` has found, if it is text. */
bool read_resolved(struct span result, struct span *value);

/* The value of a secret, if it is text. */
bool read_secret(struct span result, struct span *value);

/* Whether JSON.stringify would write the string in the same way. */
bool is_canonical(struct span string);

#endif
