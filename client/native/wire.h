#ifndef SIGILFORGE_WIRE_H
#define SIGILFORGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "reach.h"
#include "span.h"

enum { MOST_REQUEST_BYTES = 8 * 1024, MOST_ANSWER_BYTES = 4 * 1024 * 1024 };

/* One call: its method, and the members of its parameters as JSON. */
struct request {
  const char *method;
  char params[MOST_REQUEST_BYTES / 2];
};

/*
 * Asks, and gives the result, an object that lies in this file's memory until `wipe_answer`. False for
 * everything that is not this: errors, other texts, silence.
 */
bool ask_daemon(const struct way *way, const struct request *request, struct span *result);

void wipe_answer(void);

/* Reads the result from a line that answers to `id`, a JSON value. False for every other line. */
bool read_result(struct span line, const char *id, struct span *result);

/* Whether a line answers to `id`, whatever the answer. */
bool is_answer_to(struct span line, const char *id);

#endif
