/*
 * Loaded into a program by LD_PRELOAD: counts its changes of files in KILLED_FOLDER, and ends it by SIGKILL in front of the
 * change with the number KILLED_AT. Without that number it only counts; the count is in KILLED_COUNT when the program ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long changes;

static int in_folder(const char *path) {
  const char *folder = getenv("KILLED_FOLDER");
  return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static void change(const char *path) {
  /* The locks change nothing of what is kept. */
  if (!in_folder(path) || strstr(path, "/locks/") || strstr(path, "-shm")) return;
  long number = atomic_fetch_add(&changes, 1) + 1;
  const char *at = getenv("KILLED_AT");
  if (at && atol(at) == number) kill(getpid(), SIGKILL);
}

static void change_at(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  change(path);
}

__attribute__((destructor)) static void report(void) {
  const char *file = getenv("KILLED_COUNT");
  FILE *out = file ? fopen(file, "w") : NULL;
  if (!out) return;
  fprintf(out, "%ld", atomic_load(&changes));
  fclose(out);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  change_at(fd);
  return REAL(pwrite64)(fd, bytes, count, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  change_at(fd);
  return REAL(pwrite)(fd, bytes, count, at);
}
ssize_t write(int fd, const void *bytes, size_t count) {
  change_at(fd);
  return REAL(write)(fd, bytes, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  change_at(fd);
  return REAL(writev)(fd, parts, count);
}
int ftruncate64(int fd, off64_t length) {
  change_at(fd);
  return REAL(ftruncate64)(fd, length);
}
int ftruncate(int fd, off_t length) {
  change_at(fd);
  return REAL(ftruncate)(fd, length);
}
int fsync(int fd) {
  change_at(fd);
  return REAL(fsync)(fd);
}
int fdatasync(int fd) {
  change_at(fd);
  return REAL(fdatasync)(fd);
}
int rename(const char *from, const char *to) {
  change(to);
  return REAL(rename)(from, to);
}
int link(const char *from, const char *to) {
  change(to);
  return REAL(link)(from, to);
}
int unlink(const char *path) {
  change(path);
  return REAL(unlink)(path);
}
