#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

/* After how many links the kernel gives up (path_resolution(7)). */
enum { MOST_LINKS = 40 };

/* How Linux shows root in a user namespace that holds only this user, as many sandboxes are. */
enum { OVERFLOW_UID = 65534 };

/* Folders that are root's on every Linux: in such a sandbox, their names say what their owner cannot. */
static const char *const ROOTS_OWN[] = {"/", "/home", "/run", "/run/user", "/tmp", "/var", "/var/tmp"};

/* A walk by the names of a path, as the kernel takes it. */
struct walk {
  /* Where it has come to: a folder without links in its path; empty for the root. */
  char folder[PATH_MAX];
  /* What of the path is still ahead. */
  char ahead[2 * PATH_MAX];
  /* Whether what the last name leads to counts too. */
  bool is_whole;
  int links;
};

enum step { GOES_ON, ENDS, IS_UNSAFE };

static bool is_roots(const char *place, const struct stat *stats) {
  if (stats->st_uid == 0) return true;
  if (stats->st_uid != OVERFLOW_UID) return false;
  for (size_t index = 0; index < sizeof ROOTS_OWN / sizeof *ROOTS_OWN; index++) {
    if (strcmp(place, ROOTS_OWN[index]) == 0) return true;
  }
  return false;
}

/* A link has no modes: only its folder decides who may replace it. */
static bool is_open(const struct stat *stats) {
  if (S_ISLNK(stats->st_mode) || (stats->st_mode & (S_IWGRP | S_IWOTH)) == 0) return false;
  return !S_ISDIR(stats->st_mode) || (stats->st_mode & S_ISVTX) == 0;
}

static bool is_trusted(const char *place, const struct stat *stats) {
  return (stats->st_uid == getuid() || is_roots(place, stats)) && !is_open(stats);
}

/* Takes the next name from what is ahead; it begins where slashes end. */
static size_t next_name(struct walk *walk, char *name) {
  const char *from = walk->ahead + strspn(walk->ahead, "/");
  size_t length = strcspn(from, "/");
  if (length > NAME_MAX) return 0;
  memcpy(name, from, length);
  name[length] = '\0';
  const char *rest = from + length + strspn(from + length, "/");
  memmove(walk->ahead, rest, strlen(rest) + 1);
  return length;
}

/* Links are resolved on the way, so `..` means the folder above. */
static bool place_of(const struct walk *walk, const char *name, char *place) {
  strcpy(place, walk->folder);
  if (strcmp(name, "..") == 0) {
    char *slash = strrchr(place, '/');
    if (slash != NULL) *slash = '\0';
    return true;
  }
  if (strcmp(name, ".") == 0) return true;
  if (strlen(place) + 1 + strlen(name) >= PATH_MAX) return false;
  strcat(strcat(place, "/"), name);
  return true;
}

/* Puts what a link leads to before what is ahead. */
static enum step follow(struct walk *walk, const char *link) {
  char leads_to[PATH_MAX];
  ssize_t length = readlink(link, leads_to, sizeof leads_to - 1);
  size_t left = strlen(walk->ahead);
  if (length <= 0 || ++walk->links > MOST_LINKS) return IS_UNSAFE;
  if ((size_t)length + 1 + left >= sizeof walk->ahead) return IS_UNSAFE;
  memmove(walk->ahead + length + 1, walk->ahead, left + 1);
  memcpy(walk->ahead, leads_to, (size_t)length);
  walk->ahead[length] = '/';
  if (leads_to[0] == '/') walk->folder[0] = '\0';
  return GOES_ON;
}

/* What is missing ends the walk: who may not change what came before cannot add it either. */
static enum step take_step(struct walk *walk) {
  char name[NAME_MAX + 1], place[PATH_MAX];
  struct stat stats;
  if (next_name(walk, name) == 0) return walk->ahead[0] == '\0' ? ENDS : IS_UNSAFE;
  bool is_last = walk->ahead[0] == '\0';
  if (is_last && !walk->is_whole) return ENDS;
  if (!place_of(walk, name, place)) return IS_UNSAFE;
  if (lstat(place[0] == '\0' ? "/" : place, &stats) != 0) return ENDS;
  if (!S_ISDIR(stats.st_mode) && !S_ISLNK(stats.st_mode) && !is_last) return ENDS;
  if (!is_trusted(place, &stats)) return IS_UNSAFE;
  if (S_ISLNK(stats.st_mode)) return follow(walk, place);
  strcpy(walk->folder, place);
  return GOES_ON;
}

static bool is_safe(const char *target, bool is_whole) {
  struct walk walk = {.folder = "", .is_whole = is_whole};
  struct stat root;
  if (strlen(target) >= PATH_MAX || lstat("/", &root) != 0 || !is_trusted("/", &root)) return false;
  strcpy(walk.ahead, target);
  enum step step = GOES_ON;
  while (step == GOES_ON) step = take_step(&walk);
  return step == ENDS;
}

bool way_is_safe(const char *target) {
  return is_safe(target, false);
}

bool is_unchangeable(const char *file) {
  return is_safe(file, true);
}

bool is_private(const struct stat *stats) {
  return !S_ISLNK(stats->st_mode) && stats->st_uid == getuid() && (stats->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}
