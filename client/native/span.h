#ifndef SIGILFORGE_SPAN_H
#define SIGILFORGE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A piece of text that lies in memory of another; no zero byte ends it. */
struct span {
  const char *at;
  size_t length;
};

static inline bool span_is(struct span span, const char *text) {
  return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

#endif
