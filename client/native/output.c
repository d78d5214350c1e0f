#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "output.h"
#include "results.h"
#include "wire.h"

/* Room for an answer and what stands around its parts. */
static char output[MOST_ANSWER_BYTES + 4096];
static size_t output_length;
/* Something had no room: then nothing is printed. */
static bool is_cut;

static bool has_room(size_t length) {
  is_cut = is_cut || length > sizeof output - output_length;
  return !is_cut;
}

void put_span(struct span span) {
  if (!has_room(span.length)) return;
  memcpy(output + output_length, span.at, span.length);
  output_length += span.length;
}

void put_text(const char *text) {
  put_span((struct span){text, strlen(text)});
}

void put_string(struct span string) {
  if (!has_room(string.length)) return;
  output_length += json_unescape(string, output + output_length);
}

bool put_line(struct span string) {
  put_string(string);
  put_text("\n");
  return true;
}

bool put_member(const char *before, struct span value) {
  if (!is_canonical(value)) return false;
  put_text(before);
  put_span(value);
  return true;
}

/* Three bytes as four characters (RFC 4648, section 4); `length` tells how many bytes there are. */
static void write_group(char *to, const unsigned char *from, size_t length) {
  static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned bits = (unsigned)from[0] << 16;
  if (length > 1) bits |= (unsigned)from[1] << 8;
  if (length > 2) bits |= from[2];
  to[0] = characters[bits >> 18];
  to[1] = characters[bits >> 12 & 0x3F];
  to[2] = length > 1 ? characters[bits >> 6 & 0x3F] : '=';
  to[3] = length > 2 ? characters[bits & 0x3F] : '=';
}

void put_base64(void) {
  size_t groups = (output_length + 2) / 3;
  if (!has_room(groups * 4 - output_length)) return;
  /* From the end on, because it grows. */
  for (size_t group = groups; group-- > 0;) {
    unsigned char bytes[3] = {0};
    size_t left = output_length - group * 3, length = left < 3 ? left : 3;
    memcpy(bytes, output + group * 3, length);
    write_group(output + group * 4, bytes, length);
  }
  output_length = groups * 4;
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
  if (is_cut) return NOT_BEGUN;
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
