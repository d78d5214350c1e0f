/* The protocol of docker-credential-helpers (cli/helpers/docker/). */
#include <stdio.h>

#include "docker.h"
#include "json.h"
#include "memory.h"
#include "output.h"

/* A secret has at most 256 KiB. */
enum { MOST_KEPT_BYTES = 256 * 1024, MOST_PORT = 5 };

/* The text of the secret, and the user name that is made here, as JSON. */
static char kept[MOST_KEPT_BYTES];
static size_t kept_length;
static char made_user[ACCOUNT_ROOM + 2];

/* Registries of other spellings, and those with a user name of their own for tokens: Node knows them. */
static const char *const PARTICULAR[] = {"docker.io", "gcr.io", "pkg.dev", "registry.gitlab.com"};

static bool is_letter_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
}

static bool is_port(const char *text) {
  size_t digits = strspn(text, "0123456789");
  return text[digits] == '\0' && digits >= 1 && digits <= MOST_PORT && text[0] != '0' && strcmp(text, "443") != 0;
}

static bool ends_with(const char *text, size_t length, const char *end) {
  size_t end_length = strlen(end);
  return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

/* In small letters, with a port if it has one, and without a scheme or a path. */
static bool is_plain_registry(const char *text) {
  size_t host = strcspn(text, ":");
  for (size_t place = 0; place < host; place++) {
    if (!is_letter_or_digit(text[place]) && strchr("._-", text[place]) == NULL) return false;
  }
  if (host == 0 || !is_letter_or_digit(text[0]) || !is_letter_or_digit(text[host - 1])) return false;
  for (size_t index = 0; index < sizeof PARTICULAR / sizeof *PARTICULAR; index++) {
    if (ends_with(text, host, PARTICULAR[index])) return false;
  }
  return text[host] == '\0' || is_port(text + host + 1);
}

bool read_registry(struct span input, char *registry) {
  while (input.length > 0 && memchr("\r\n ", input.at[input.length - 1], 3) != NULL) input.length--;
  if (input.length == 0 || input.length >= REGISTRY_ROOM) return false;
  if (memchr(input.at, '\0', input.length) != NULL) return false;
  memcpy(registry, input.at, input.length);
  registry[input.length] = '\0';
  return is_plain_registry(registry);
}

/* The text of a JSON string with a zero byte after it, if it has room. */
static bool copy_string(struct span string, char *text, size_t room) {
  if (string.length > room - 1) return false;
  size_t length = json_unescape(string, text);
  text[length] = '\0';
  return memchr(text, '\0', length) == NULL;
}

static bool string_in(struct span object, const char *name, struct span *value) {
  return json_member(object, name, value) && json_is_string(*value);
}

/* As cli/helpers/docker/registry.ts has it for a registry that is not particular: that of the account. */
static bool make_user(const char *account, struct span *user) {
  const char *slash = strchr(account, '/');
  if (slash == NULL || strpbrk(slash, "\"\\") != NULL) return false;
  snprintf(made_user, sizeof made_user, "\"%s\"", slash + 1);
  *user = (struct span){made_user, strlen(made_user)};
  return true;
}

static bool read_mapping(struct span object, size_t members, struct kept_login *login) {
  struct span account;
  if (!string_in(object, "account", &account) || !copy_string(account, login->account, sizeof login->account))
    return false;
  if (members == 2) return string_in(object, "user", &login->user);
  return members == 1 && make_user(login->account, &login->user);
}

bool read_kept_login(struct span value, struct kept_login *login) {
  if (value.length > sizeof kept) return false;
  kept_length = json_unescape(value, kept);
  struct span object = {kept, kept_length};
  if (!json_is_valid(object) || !json_is_object(object)) return false;
  size_t members = json_count_members(object);
  *login = (struct kept_login){.account = ""};
  if (!json_has(object, "Secret")) return read_mapping(object, members, login);
  return members == 2 && string_in(object, "Secret", &login->secret) &&
         string_in(object, "Username", &login->user);
}

void wipe_kept_login(void) {
  wipe(kept, kept_length);
  kept_length = 0;
}

bool put_docker_login(const char *registry, struct span user, struct span secret) {
  put_text("{\"ServerURL\":\"");
  put_text(registry);
  if (!put_member("\",\"Username\":", user) || !put_member(",\"Secret\":", secret)) return false;
  put_text("}\n");
  return true;
}
