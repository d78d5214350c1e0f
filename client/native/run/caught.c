/* Signals as something to poll for. */
#include "caught.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static int ends[2];
static _Atomic uint64_t caught;

static uint64_t bit_of(int number) {
  return (uint64_t)1 << (number - 1);
}

static void note(int number) {
  int error = errno;
  atomic_fetch_or(&caught, bit_of(number));
  /* If it is full, there is something to wake up for already. */
  ssize_t written = write(ends[1], "", 1);
  (void)written;
  errno = error;
}

int open_caught(int lowest) {
  int low[2];
  if (pipe(low) != 0) return -1;
  for (int end = 0; end < 2; end++) {
    ends[end] = fcntl(low[end], F_DUPFD_CLOEXEC, lowest);
    close(low[end]);
    if (ends[end] < 0 || fcntl(ends[end], F_SETFL, O_NONBLOCK) != 0) return -1;
  }
  atomic_store(&caught, 0);
  return ends[0];
}

static void set_action(int number, void (*handler)(int)) {
  struct sigaction action = {0};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, NULL);
}

void catch_signal(int number) {
  set_action(number, note);
}

void ignore_signal(int number) {
  set_action(number, SIG_IGN);
}

void leave_signal(int number) {
  set_action(number, SIG_DFL);
}

uint64_t take_caught(void) {
  char bytes[64];
  while (read(ends[0], bytes, sizeof bytes) > 0) continue;
  return atomic_exchange(&caught, 0);
}

bool has_caught(int number) {
  return (atomic_load(&caught) & bit_of(number)) != 0;
}
