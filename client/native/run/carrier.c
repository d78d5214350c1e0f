#include "carrier.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool carries(const struct carrier *carrier) {
  return carrier->start < carrier->end;
}

enum taken take(struct carrier *carrier, int from) {
  if (carries(carrier)) return TAKEN;
  ssize_t length = read(from, carrier->bytes, sizeof carrier->bytes);
  if (length < 0) return errno == EAGAIN || errno == EINTR ? NOTHING_NOW : NO_WRITERS;
  carrier->start = 0;
  carrier->end = (size_t)length;
  return length == 0 ? NO_WRITERS : TAKEN;
}

bool give(struct carrier *carrier, int to) {
  while (carries(carrier)) {
    ssize_t length = write(to, carrier->bytes + carrier->start, carrier->end - carrier->start);
    if (length < 0) return errno == EAGAIN || errno == EINTR;
    carrier->start += (size_t)length;
  }
  return true;
}

bool give_all(struct carrier *carrier, int to) {
  while (carries(carrier)) {
    struct pollfd room = {.fd = to, .events = POLLOUT};
    if (poll(&room, 1, -1) < 0 && errno != EINTR) return false;
    if (!give(carrier, to)) return false;
  }
  return true;
}
