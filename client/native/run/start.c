/*
 * execvp(3) as the C library of most systems has it. Written out, because the one that this program is built with does
 * not give a script without an interpreter to the shell.
 */
#include "start.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char USUAL_PATH[] = "/bin:/usr/bin";

/* A text file that does not say by what it is run is for the shell. */
static void run_as_script(const char *file, char *const command[]) {
  size_t count = 0;
  while (command[count] != NULL) count++;
  char **script = malloc((count + 2) * sizeof *script);
  if (script == NULL) return;
  script[0] = "/bin/sh";
  script[1] = (char *)file;
  memcpy(script + 2, command + 1, count * sizeof *script);
  execve(script[0], script, environ);
}

static void execute(const char *file, char *const command[]) {
  execve(file, command, environ);
  if (errno == ENOEXEC) run_as_script(file, command);
}

/* Whether the next folder may have the program. */
static bool is_elsewhere(int error) {
  return error == EACCES || error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

/* An empty folder is the working one. False if the path is too long to exist. */
static bool join(char path[], size_t size, const char *folder, size_t length, const char *name) {
  size_t name_length = strlen(name);
  if (length + 1 + name_length >= size) return false;
  memcpy(path, folder, length);
  if (length > 0) path[length++] = '/';
  memcpy(path + length, name, name_length + 1);
  return true;
}

static void search(const char *folders, char *const command[]) {
  bool is_denied = false;
  char path[PATH_MAX];
  errno = ENOENT;
  for (const char *folder = folders;; folder++) {
    size_t length = strcspn(folder, ":");
    if (join(path, sizeof path, folder, length, command[0])) {
      execute(path, command);
      if (!is_elsewhere(errno)) return;
      is_denied = is_denied || errno == EACCES;
    }
    folder += length;
    if (*folder == '\0') break;
  }
  errno = is_denied ? EACCES : ENOENT;
}

void become(char *const command[]) {
  if (command[0][0] == '\0') {
    errno = ENOENT;
  } else if (strchr(command[0], '/') != NULL) {
    execute(command[0], command);
  } else if (strlen(command[0]) > NAME_MAX) {
    errno = ENAMETOOLONG;
  } else {
    const char *folders = getenv("PATH");
    search(folders == NULL ? USUAL_PATH : folders, command);
  }
}
