/* Loaded into a program by LD_PRELOAD: each read of the database in FAILING_FOLDER fails as on a broken disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[4096];

/* At once: the daemon keeps only what it knows of its environment. */
__attribute__((constructor)) static void begin(void) {
  const char *named = getenv("FAILING_FOLDER");
  if (named) strncpy(folder, named, sizeof folder - 1);
}

static int fails(int fd, off64_t at) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  /* The first pages are read when it is opened; a disk breaks anywhere. */
  return *folder && at >= 8 * 4096 && strncmp(path, folder, strlen(folder)) == 0 && strstr(path, "sigilforge.db");
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
  if (fails(fd, at)) {
    errno = EIO;
    return -1;
  }
  return ((__typeof__(&pread64))dlsym(RTLD_NEXT, "pread64"))(fd, bytes, count, at);
}
