#ifndef SIGILFORGE_FORMATS_H
#define SIGILFORGE_FORMATS_H

#include <stdbool.h>

#include "span.h"
#include "words.h"

typedef bool (*put_token)(const struct words *words, struct span result);

/* What writes a token in the format that is asked for (cli/access/token-format.ts); NULL if only Node can
 * tell. */
put_token token_format(const struct words *words);

#endif
