/*
 * What comes from outside of the native client, for libFuzzer: answers of a daemon, and words of a command
 * line. The first byte tells which, and the command. Sanitizers watch memory; what must hold besides is
 * checked here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "docker.h"
#include "git.h"
#include "json.h"
#include "output.h"

enum { MOST_ARGUMENTS = 8, MOST_BYTES = 1 << 16 };

static char *commands[][11] = {
    {"sigilforge", "get-token", "s", "a", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "header", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "json", NULL},
    {"sigilforge", "resolve", "secret://k", NULL},
    {"sigilforge", "secret", "get", "k", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "headers-json", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "netrc", "--user", "u", "--host", "h", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "xoauth2", "--user", "u", NULL},
    {"sigilforge", "get-token", "s", "a", "--format", "oauthbearer", "--user", "u", "--port", "1", NULL},
    {"sigilforge", "aws-credentials", "n", NULL},
    {"sigilforge", "kube-credential", "s", "a", NULL},
    {"sigilforge", "kube-credential", "s", "a", "--id-token", NULL},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void must(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "This does not hold: %s\n", what);
  abort();
}

static void try_answer(char **command, struct span line) {
  static struct call call;
  struct span result;
  must(read_call(command, &call), "the command is known");
  if (read_result(line, "1", &result) && call.put(&call.words, result)) {
    struct span output = output_so_far();
    must(output.length <= 2 * line.length + 128, "no more is printed than was answered");
    must(utf8_is_valid(output), "what is printed is UTF-8");
    must(output.at[output.length - 1] == '\n', "what is printed is a line");
  }
  wipe_output();
}

static void try_git(const char *text, size_t length) {
  struct git_request request;
  if (!read_git_request((struct span){text, length}, &request)) return;
  must(request.username.length == 0 || memchr(request.username.at, '\n', request.username.length) == NULL,
       "a user name is on one line");
}

/* A registry, and on the next line the value of its secret. */
static void try_docker(const char *text, size_t length) {
  static struct kept_login login;
  static char registry[REGISTRY_ROOM];
  const char *end = memchr(text, '\n', length);
  if (end == NULL || !read_registry((struct span){text, (size_t)(end - text)}, registry)) return;
  struct span value = {end + 1, length - (size_t)(end - text) - 1};
  if (json_is_valid(value) && json_is_string(value) && read_kept_login(value, &login)) {
    must(json_is_string(login.user), "a user name is a string");
    must(login.secret.at != NULL || login.account[0] != '\0', "a login has a secret or an account");
  }
  wipe_kept_login();
}

static void try_words(char *text, size_t length) {
  static struct call call;
  static char params[sizeof call.request.params + 2];
  char *words[MOST_ARGUMENTS + 1] = {"sigilforge"};
  size_t count = 1;
  for (size_t at = 0; at < length && count < MOST_ARGUMENTS; at += strlen(text + at) + 1)
    words[count++] = text + at;
  words[count] = NULL;
  if (!read_call(words, &call)) return;
  int written = snprintf(params, sizeof params, "{%s}", call.request.params);
  must(json_is_valid((struct span){params, (size_t)written}), "what is asked is JSON");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > MOST_BYTES) return 0;
  unsigned choice = data[0] % (COMMANDS + 3);
  if (choice < COMMANDS) {
    try_answer(commands[choice], (struct span){(const char *)data + 1, size - 1});
    return 0;
  }
  if (choice == COMMANDS) {
    try_git((const char *)data + 1, size - 1);
    return 0;
  }
  if (choice == COMMANDS + 2) {
    try_docker((const char *)data + 1, size - 1);
    return 0;
  }
  char *text = malloc(size);
  if (text == NULL) return 0;
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  try_words(text, size - 1);
  free(text);
  return 0;
}
