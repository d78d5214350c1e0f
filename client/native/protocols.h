#ifndef SIGILFORGE_PROTOCOLS_H
#define SIGILFORGE_PROTOCOLS_H

#include <stdbool.h>

#include "span.h"
#include "words.h"

/* What AWS documents for `credential_process` (cli/commands/aws-credentials.ts). */
bool put_aws_credentials(const struct words *words, struct span result);

/* Whether kubectl asks for a version of ExecCredential that is known, by its variable. */
bool knows_kube_version(void);

/* An ExecCredential for kubectl, with an access token or an ID token (cli/access/kube-credential.ts). */
bool put_kube_token(const struct words *words, struct span result);
bool put_kube_id_token(const struct words *words, struct span result);

#endif
