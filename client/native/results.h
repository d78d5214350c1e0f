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

/* What `resolve` has found, if it is text. */
struct resolved {
  struct span value, expires_at;
};

bool read_resolved(struct span result, struct resolved *resolved);

struct aws_credentials {
  struct span access_key_id, secret_access_key, session_token, expires_at;
};

bool read_aws_credentials_result(struct span result, struct aws_credentials *credentials);

/* The value of a secret, if it is text. */
bool read_secret(struct span result, struct span *value);

bool is_null(struct span value);

/* Whether JSON.stringify would write the string in the same way. */
bool is_canonical(struct span string);

#endif
