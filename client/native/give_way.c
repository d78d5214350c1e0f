/* The other program that answers to the same name: it knows everything, and takes Node's 20 ms. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "began.h"
#include "give_way.h"
#include "input.h"

/* As shells and env(1) say it. */
enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

/* The way from the folder `dist` to this program: native/<system>/sigilforge. */
enum { NAMES_BELOW_DIST = 3 };

static const char NODE_PROGRAM[] = "/sigilforge.cjs";

#ifdef __APPLE__
static bool find_itself(char *path, size_t size) {
  char named[PATH_MAX];
  uint32_t length = sizeof named;
  /* npm's own name for it may be a link. */
  return size >= PATH_MAX && _NSGetExecutablePath(named, &length) == 0 && realpath(named, path) != NULL;
}
#else
static bool find_itself(char *path, size_t size) {
  ssize_t length = readlink("/proc/self/exe", path, size);
  if (length <= 0 || (size_t)length >= size) return false;
  path[length] = '\0';
  return true;
}
#endif

static bool find_node_program(char *path, size_t size) {
  if (!find_itself(path, size)) return false;
  for (int names = NAMES_BELOW_DIST; names > 0; names--) {
    char *slash = strrchr(path, '/');
    if (slash == NULL) return false;
    *slash = '\0';
  }
  if (strlen(path) + sizeof NODE_PROGRAM > size) return false;
  strcat(path, NODE_PROGRAM);
  return true;
}

static _Noreturn void fail(int status, const char *sentence, const char *hint) {
  fprintf(stderr, "sigilforge: %s\n  hint: %s\n", sentence, hint);
  exit(status);
}

/* What `exec` starts gets back what this process began with. */
static bool is_exec(char **arguments) {
  char **word = arguments + 1;
  while (*word != NULL && (*word)[0] == '-') word++;
  return *word != NULL && strcmp(*word, "exec") == 0;
}

void give_way(char **arguments) {
  static char program[PATH_MAX + sizeof NODE_PROGRAM];
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  char **all = calloc(count + 4, sizeof *all);
  if (all == NULL || count == 0 || !find_node_program(program, sizeof program)) {
    fail(NOT_EXECUTABLE, "The place of this program cannot be found.", "On Linux, /proc is needed for that.");
  }
  if (is_exec(arguments)) note_beginning();
  restore_input();
  wipe_input();
  /* As the first line of the program says: #!/usr/bin/env -S node -- */
  all[0] = "node";
  all[1] = "--";
  all[2] = program;
  memcpy(all + 3, arguments + 1, (count - 1) * sizeof *all);
  execvp("node", all);
  if (errno == ENOENT) {
    fail(NOT_FOUND, "This needs Node, and PATH leads to none.",
         "Install Node 20 or newer, or add its folder to PATH.");
  }
  fail(NOT_EXECUTABLE, "This needs Node, and the one in PATH cannot be started.", "Try: node --version");
}
