#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "reach.h"
#include "small_file.h"

static bool read_all(int fd, char *text, size_t *length) {
  *length = 0;
  while (*length < MOST_FILE_BYTES) {
    ssize_t read_now = read(fd, text + *length, MOST_FILE_BYTES - *length);
    if (read_now == 0) return true;
    if (read_now < 0) return false;
    *length += (size_t)read_now;
  }
  return false;
}

bool read_small_file(const char *path, int flags, char *text, size_t *length) {
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags);
  if (fd < 0) return false;
  bool is_read = is_own_descriptor(fd) && read_all(fd, text, length);
  close(fd);
  return is_read;
}
