#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "places.h"

const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Node replaces what is not UTF-8, by U+FFFD. */
static bool is_faithful(const char *text) {
  return utf8_is_valid((struct span){text, strlen(text)}) && strstr(text, "\xEF\xBF\xBD") == NULL;
}

bool is_plain_path(const char *path) {
  size_t length = strlen(path);
  if (path[0] != '/' || length < 2 || path[length - 1] == '/' || !is_faithful(path)) return false;
  if (strstr(path, "//") != NULL || strstr(path, "/./") != NULL || strstr(path, "/../") != NULL) return false;
  const char *last = strrchr(path, '/');
  return strcmp(last, "/.") != 0 && strcmp(last, "/..") != 0;
}

static bool join(char *path, const char *folder, const char *name) {
  int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
  return length > 0 && length < PATH_MAX;
}

/* A folder that a variable names, with one slash at its end taken away. */
static bool named_folder(const char *value, char *folder) {
  size_t length = strlen(value);
  if (length >= PATH_MAX) return false;
  memcpy(folder, value, length + 1);
  if (length > 1 && folder[length - 1] == '/') folder[length - 1] = '\0';
  return is_plain_path(folder);
}

static bool in_own_home(const char *home, struct places *places) {
  char folder[PATH_MAX];
  return named_folder(home, folder) && join(places->config, folder, "config/config.toml") &&
         join(places->presence, folder, "data/daemon.json") &&
         join(places->socket, folder, "run/sigilforge.sock");
}

static bool in_home(const char *below, char *folder) {
  const char *home = variable("HOME");
  char named[PATH_MAX];
  return home != NULL && named_folder(home, named) && join(folder, named, below);
}

#ifdef __APPLE__
static bool in_usual_places(struct places *places) {
  return in_home("Library/Preferences/sigilforge/config.toml", places->config) &&
         in_home("Library/Application Support/sigilforge/daemon.json", places->presence) &&
         in_home("Library/Application Support/sigilforge/run/sigilforge.sock", places->socket);
}
#else
/* The XDG Base Directory Specification has relative ones ignored. */
static const char *absolute_variable(const char *name) {
  const char *value = variable(name);
  return value == NULL || value[0] != '/' ? NULL : value;
}

static bool in_folder(const char *name, const char *otherwise, const char *file, char *path) {
  const char *value = absolute_variable(name);
  char folder[PATH_MAX];
  return (value == NULL ? in_home(otherwise, folder) : named_folder(value, folder)) &&
         join(path, folder, file);
}

/* The state folder counts even where it is not used: without one Node refuses to go on. */
static bool usual_socket(char *socket) {
  const char *runtime = absolute_variable("XDG_RUNTIME_DIR");
  char folder[PATH_MAX];
  if (!in_folder("XDG_STATE_HOME", ".local/state", "sigilforge/run/sigilforge.sock", socket)) return false;
  return runtime == NULL || (named_folder(runtime, folder) && join(socket, folder, "sigilforge.sock"));
}

static bool in_usual_places(struct places *places) {
  return in_folder("XDG_CONFIG_HOME", ".config", "sigilforge/config.toml", places->config) &&
         in_folder("XDG_DATA_HOME", ".local/share", "sigilforge/daemon.json", places->presence) &&
         usual_socket(places->socket);
}
#endif

bool find_places(struct places *places) {
  const char *home = variable("SIGILFORGE_HOME");
  return home == NULL ? in_usual_places(places) : in_own_home(home, places);
}
