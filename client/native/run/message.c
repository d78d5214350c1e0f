#include "message.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void send_message(int channel, enum kind kind, int value) {
  struct message message = {.kind = (unsigned char)kind, .value = (unsigned char)value};
  /* That the other process has ended is noticed when it is listened to. */
  while (write(channel, &message, sizeof message) < 0 && errno == EINTR) continue;
}

bool receive_message(int channel, struct message *message) {
  ssize_t length;
  do length = recv(channel, message, sizeof *message, MSG_WAITALL);
  while (length < 0 && errno == EINTR);
  return length == (ssize_t)sizeof *message;
}
