/* JSON-RPC 2.0 by lines: one request, one answer. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "wire.h"

/*
 * A daemon answers within milliseconds unless it asks a provider or a person. Node waits for those, and makes
 * the call again: each of these calls only reads.
 */
enum { PATIENCE_MS = 5000 };

/* When a call is sent again over a descriptor that others read too, as client/descriptor/lines.ts does. */
enum { FIRST_AGAIN_MS = 200, MOST_AGAIN_MS = 1500 };

static char received[MOST_ANSWER_BYTES];
static size_t received_length;

void wipe_answer(void) {
  wipe(received, received_length);
  received_length = 0;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

bool is_answer_to(struct span line, const char *id) {
  struct span found;
  return json_is_valid(line) && json_is_object(line) && json_member(line, "id", &found) && span_is(found, id);
}

bool read_result(struct span line, const char *id, struct span *result) {
  struct span version;
  return is_answer_to(line, id) && json_count_members(line) == 3 && json_member(line, "jsonrpc", &version) &&
         span_is(version, "\"2.0\"") && json_member(line, "result", result) && json_is_object(*result);
}

static bool send_text(const struct way *way, const char *text, size_t length) {
  /* What the system does not take at once is no request of ours: they are short. */
  ssize_t sent = send(way->fd, text, length, MSG_DONTWAIT);
  return sent >= 0 && (size_t)sent == length;
}

static bool send_request(const struct way *way, const struct request *request, const char *id) {
  char text[MOST_REQUEST_BYTES];
  /* On a fresh line of a shared stream, because a process may have been ended in the middle of its own. */
  int length =
      snprintf(text, sizeof text, "%s{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":{%s}}\n",
               way->is_shared ? "\n" : "", id, request->method, request->params);
  return length > 0 && (size_t)length < sizeof text && send_text(way, text, (size_t)length);
}

enum arrival { ARRIVED, LATE, OVER };

/* Appends what has come by `limit`. */
static enum arrival receive(int fd, int64_t limit) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  if (received_length == sizeof received) return OVER;
  for (;;) {
    ssize_t length = recv(fd, received + received_length, sizeof received - received_length, MSG_DONTWAIT);
    if (length > 0) {
      received_length += (size_t)length;
      return ARRIVED;
    }
    if (length == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return OVER;
    int64_t left = limit - now_ms();
    if (left <= 0) return LATE;
    if (poll(&wanted, 1, (int)left) < 0 && errno != EINTR) return OVER;
  }
}

/* The daemon says one line here, and nothing after it. */
static bool ask_privately(const struct way *way, const struct request *request, struct span *result) {
  int64_t limit = now_ms() + PATIENCE_MS;
  size_t read = 0;
  const char *end = NULL;
  if (!send_request(way, request, "1")) return false;
  while (end == NULL) {
    if (receive(way->fd, limit) != ARRIVED) return false;
    end = memchr(received + read, '\n', received_length - read);
    read = received_length;
  }
  struct span line = {received, (size_t)(end - received)};
  return line.length + 1 == received_length && read_result(line, "1", result);
}

/* An id that no other process has. */
static bool make_id(char *id, size_t size) {
  uint64_t random[2];
  if (getentropy(random, sizeof random) != 0) return false;
  snprintf(id, size, "\"%016" PRIx64 "%016" PRIx64 "-1\"", random[0], random[1]);
  return true;
}

static bool take_line(size_t *from, struct span *line) {
  const char *begin = received + *from;
  const char *end = memchr(begin, '\n', received_length - *from);
  if (end == NULL) return false;
  *line = (struct span){begin, (size_t)(end - begin)};
  *from += line->length + 1;
  return true;
}

/* Drops what others were answered, as they do with ours: each asks again. */
static void drop_until(size_t place) {
  size_t left = received_length - place;
  memmove(received, received + place, left);
  wipe(received + left, place);
  received_length = left;
}

enum search { FOUND, NOT_YET, ODD };

static enum search find_answer(const char *id, struct span *result) {
  struct span line;
  size_t from = 0;
  while (take_line(&from, &line)) {
    if (is_answer_to(line, id)) return read_result(line, id, result) ? FOUND : ODD;
  }
  drop_until(from);
  return NOT_YET;
}

/* Partly by chance, so that processes which take each other's answers do not keep step. */
static int64_t jittered(int64_t delay) {
  return delay / 2 + rand() % (delay + 1);
}

static bool ask_shared(const struct way *way, const struct request *request, struct span *result) {
  int64_t limit = now_ms() + PATIENCE_MS, delay = FIRST_AGAIN_MS;
  char id[64];
  if (!make_id(id, sizeof id)) return false;
  srand((unsigned)getpid());
  while (now_ms() < limit) {
    if (!send_request(way, request, id)) return false;
    int64_t again = now_ms() + jittered(delay);
    enum arrival arrival;
    while ((arrival = receive(way->fd, again)) == ARRIVED) {
      enum search search = find_answer(id, result);
      if (search != NOT_YET) return search == FOUND;
    }
    if (arrival == OVER) return false;
    delay = delay * 3 / 2 < MOST_AGAIN_MS ? delay * 3 / 2 : MOST_AGAIN_MS;
  }
  return false;
}

bool ask_daemon(const struct way *way, const struct request *request, struct span *result) {
  return way->is_shared ? ask_shared(way, request, result) : ask_privately(way, request, result);
}
