/* Standard input is read before it is known who answers: Node, if it does, begins at its start again. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "input.h"
#include "memory.h"

/*
 * More than Node takes (cli/commands/git-credential.ts): what is longer than this is too long for both.
 * Elsewhere than on Linux, what a pipe holds.
 */
#ifdef __linux__
enum { MOST_INPUT_BYTES = 1024 * 1024 + 1 };
#else
enum { MOST_INPUT_BYTES = 16 * 1024 };
#endif

static char input[MOST_INPUT_BYTES];
static size_t input_length;

/* Waits for a slow writer whose pipe was made not to block: what comes later belongs to it too. */
static bool wait_for_more(void) {
  struct pollfd standard_input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&standard_input, 1, -1) > 0 || errno == EINTR;
}

bool read_input(struct span *read_span) {
  if (isatty(STDIN_FILENO)) return false;
  while (input_length < sizeof input) {
    ssize_t length = read(STDIN_FILENO, input + input_length, sizeof input - input_length);
    if (length < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_more()))) continue;
    if (length < 0) return false;
    *read_span = (struct span){input, input_length};
    if (length == 0) return true;
    input_length += (size_t)length;
  }
  return false;
}

static bool write_all(int fd) {
  size_t written = 0;
  while (written < input_length) {
    ssize_t length = write(fd, input + written, input_length - written);
    if (length < 0 && errno != EINTR) return false;
    if (length > 0) written += (size_t)length;
  }
  return true;
}

#ifdef __linux__
/* A file without a name, from whose start on the next program reads. */
static int open_copy(void) {
  int fd = memfd_create("input", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (write_all(fd) && lseek(fd, 0, SEEK_SET) == 0) return fd;
  close(fd);
  return -1;
}
#else
static int open_copy(void) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  bool is_written = write_all(ends[1]);
  close(ends[1]);
  if (is_written) return ends[0];
  close(ends[0]);
  return -1;
}
#endif

void restore_input(void) {
  if (input_length == 0) return;
  int fd = open_copy();
  if (fd < 0) return;
  dup2(fd, STDIN_FILENO);
  close(fd);
}

void wipe_input(void) {
  wipe(input, input_length);
  input_length = 0;
}
