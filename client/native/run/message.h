#ifndef SIGILFORGE_MESSAGE_H
#define SIGILFORGE_MESSAGE_H

#include <stdbool.h>

/* What the front tells the monitor, and the monitor the front. */
enum kind {
  /* To the monitor: a signal for the program, or for all of its group. */
  SIGNAL_PROGRAM = 1,
  SIGNAL_GROUP,
  /* To the monitor: whether the program may read from the pseudo-terminal. */
  TO_FOREGROUND,
  TO_BACKGROUND,
  /* To the monitor: nothing can be shown any more. */
  HANG_UP,
  /* To the monitor: no other program shows anything. */
  END,
  /* To the front: by which signal the program has stopped. */
  STOPPED,
  /* To the front: the program's exit status, 128+N for signal N. */
  EXITED,
};

struct message {
  unsigned char kind;
  unsigned char value;
};

void send_message(int channel, enum kind kind, int value);

/* Waits for a message. False if the other process has ended. */
bool receive_message(int channel, struct message *message);

#endif
