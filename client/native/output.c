#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "output.h"
#include "wire.h"

/* Room for an answer and what stands around its parts. */
static char output[MOST_ANSWER_BYTES + 4096];
static size_t output_length;

void put_span(struct span span) {
  if (span.length > sizeof output - output_length) return;
  memcpy(output + output_length, span.at, span.length);
  output_length += span.length;
}

void put_text(const char *text) {
  put_span((struct span){text, strlen(text)});
}

void put_string(struct span string) {
  if (string.length > sizeof output - output_length) return;
  output_length += json_unescape(string, output + output_length);
}

struct span output_so_far(void) {
  return (struct span){output, output_length};
}

/* Waits for a slow reader whose pipe was made not to block. */
static bool wait_for_room(void) {
  struct pollfd standard_output = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&standard_output, 1, -1) > 0 || errno == EINTR;
}

enum printing print_output(void) {
  size_t printed = 0;
  while (printed < output_length) {
    ssize_t length = write(STDOUT_FILENO, output + printed, output_length - printed);
    if (length >= 0) printed += (size_t)length;
    else if (errno == EPIPE) return PRINTED;
    else if (errno == EINTR || (errno == EAGAIN && wait_for_room())) continue;
    else return printed == 0 ? NOT_BEGUN : BROKEN_OFF;
  }
  return PRINTED;
}

void wipe_output(void) {
  wipe(output, output_length);
  output_length = 0;
}
