#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "descriptor.h"
#include "private.h"
#include "reach.h"

/* How long others may connect faster than the daemon takes them. */
enum { QUEUE_PATIENCE_S = 5 };

/* A path at which every system refuses a connection, if it has one made at all. */
static const char REFUSING[] = "/dev/null";

bool is_own_descriptor(int fd) {
  return fd > STDERR_FILENO;
}

/* Closes what took the place of a standard stream, which Node would have opened itself. */
static int own_descriptor(int fd) {
  if (fd < 0 || is_own_descriptor(fd)) return fd;
  close(fd);
  errno = EBADF;
  return -1;
}

/* Answers to a Unix socket in sandboxes: seccomp filters choose the first, systemd and missing families the
 * others. */
static bool is_forbidden(int error) {
  return error == EPERM || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
}

static int open_socket(void) {
#ifdef SOCK_CLOEXEC
  return own_descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
#else
  int fd = own_descriptor(socket(AF_UNIX, SOCK_STREAM, 0));
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

/* A full queue of the daemon is waited for (connect(2)), with the limit for sending. */
static bool connect_to(int fd, const struct sockaddr_un *address) {
  const struct timeval limit = {QUEUE_PATIENCE_S, 0};
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return false;
  return connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
}

/* A connected socket, or -1 with its error. */
static int open_stream(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = open_socket();
  if (fd < 0 || connect_to(fd, &address)) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* Whether the system forbids Unix sockets in this process, as a sandbox does. */
static bool sockets_are_forbidden(void) {
  int fd = open_stream(REFUSING);
  if (fd >= 0) close(fd);
  return fd < 0 && is_forbidden(errno);
}

static bool is_private_folder(const struct stat *stats) {
  return S_ISDIR(stats->st_mode) && is_private(stats);
}

/* The error by which a file that others could have put there is refused; no system call has it here. */
enum { UNSAFE = EBADMSG };

static int refuse(int error) {
  errno = error;
  return -1;
}

/* Linux has a name for every descriptor of this process (proc_pid_fd(5)): by it, the path leads to what was
 * checked. */
static void name_held(char *name, size_t size, int folder, const char *file, const char *socket) {
  char held[PATH_MAX];
  struct stat one, other;
  snprintf(held, sizeof held, "/proc/self/fd/%d", folder);
  snprintf(name, size, "%s/%s", held, file);
  bool leads = stat(held, &one) == 0 && fstat(folder, &other) == 0 && one.st_dev == other.st_dev &&
               one.st_ino == other.st_ino;
  if (!leads || strlen(name) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
    snprintf(name, size, "%s", socket);
}

static int open_in_folder(int folder, const char *file, const char *socket) {
  struct stat stats;
  char name[PATH_MAX + NAME_MAX];
  if (fstat(folder, &stats) != 0) return -1;
  if (!is_private_folder(&stats)) return refuse(UNSAFE);
  if (fstatat(folder, file, &stats, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  if (!is_private(&stats)) return refuse(UNSAFE);
  name_held(name, sizeof name, folder, file, socket);
  return open_stream(name);
}

/* Connects in a folder that is held open, whatever its path comes to mean meanwhile. */
static int open_privately(const char *socket) {
  char path[PATH_MAX];
  if (strlen(socket) >= sizeof((struct sockaddr_un *)NULL)->sun_path) return refuse(UNSAFE);
  strcpy(path, socket);
  char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path) return refuse(UNSAFE);
  *slash = '\0';
  if (!way_is_safe(path)) return refuse(UNSAFE);
  int folder = own_descriptor(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder < 0) return -1;
  int fd = open_in_folder(folder, slash + 1, socket);
  int error = errno;
  close(folder);
  errno = error;
  return fd;
}

static bool is_absent(int error) {
  return error == ENOENT || error == ECONNREFUSED;
}

bool reach_daemon(const char *socket, const char *descriptor, struct way *way) {
  way->is_shared = false;
  way->fd = -1;
  if (socket != NULL) {
    way->fd = open_privately(socket);
    if (way->fd >= 0) return true;
    /* A path that is gone does not tell yet whether a socket could have been made. */
    bool is_impossible = is_forbidden(errno) || (is_absent(errno) && sockets_are_forbidden());
    if (!is_impossible) return false;
  }
  way->is_shared = true;
  return descriptor != NULL && checked_descriptor(descriptor, &way->fd);
}

void leave_daemon(const struct way *way) {
  if (way->fd >= 0 && !way->is_shared) close(way->fd);
}
