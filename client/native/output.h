#ifndef SIGILFORGE_OUTPUT_H
#define SIGILFORGE_OUTPUT_H

#include <stdbool.h>

#include "span.h"

/* What is to be printed is put together first, so that it is printed whole or not at all. */
void put_text(const char *text);
void put_span(struct span span);

/* The text that a JSON string stands for. */
void put_string(struct span string);

/* The same, and a newline. */
bool put_line(struct span string);

/* A JSON string or `null` as it stands. False if JSON.stringify would write it in another way. */
bool put_member(const char *before, struct span value);

/* Puts all so far in base64 in its place. */
void put_base64(void);

/* What has been put so far. */
struct span output_so_far(void);

enum printing { PRINTED, NOT_BEGUN, BROKEN_OFF };

/* Prints it to standard output. A reader that has gone away is no failure. */
enum printing print_output(void);

void wipe_output(void);

#endif
