#include <string.h>

#include "names.h"

enum { MOST_SERVICE = 64, MOST_ACCOUNT = 128, MOST_KEY = 255, MOST_FIELD = 64, MOST_FIELD_PARTS = 4 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS_AND_DIGITS LETTERS "0123456789"

static bool consists_of(const char *text, size_t length, const char *characters) {
  for (size_t place = 0; place < length; place++) {
    if (text[place] == '\0' || strchr(characters, text[place]) == NULL) return false;
  }
  return length > 0;
}

/* It begins with a letter or a digit. */
static bool is_name(const char *text, size_t length, size_t most, const char *characters) {
  return length <= most && consists_of(text, length, characters) && consists_of(text, 1, LETTERS_AND_DIGITS);
}

bool is_service(const char *text, size_t length) {
  return is_name(text, length, MOST_SERVICE, LETTERS_AND_DIGITS "._-");
}

bool is_account(const char *text, size_t length) {
  return is_name(text, length, MOST_ACCOUNT, LETTERS_AND_DIGITS "._@+-");
}

bool is_secret_key(const char *text) {
  size_t length = strlen(text);
  return length <= MOST_KEY && consists_of(text, length, LETTERS_AND_DIGITS "._/@:+-") && text[0] != '/' &&
         text[length - 1] != '/';
}

/* What can stand last in auth://: token and the like, or a field, whose parts are divided by full stops. */
static bool is_field(const char *text) {
  if (strlen(text) > MOST_FIELD) return false;
  for (int parts = 1; parts <= MOST_FIELD_PARTS; parts++) {
    size_t length = strcspn(text, ".");
    if (!consists_of(text, length, LETTERS_AND_DIGITS "_-") || !consists_of(text, 1, LETTERS)) return false;
    if (text[length] == '\0') return true;
    text += length + 1;
  }
  return false;
}

static bool is_path_of_account(const char *text) {
  size_t service = strcspn(text, "/");
  if (text[service] == '\0' || !is_service(text, service)) return false;
  const char *account = text + service + 1;
  size_t length = strcspn(account, "/");
  return account[length] == '/' && is_account(account, length) && is_field(account + length + 1);
}

bool is_reference(const char *text) {
  if (strncmp(text, "auth://", 7) == 0) return is_path_of_account(text + 7);
  return strncmp(text, "secret://", 9) == 0 && is_secret_key(text + 9);
}
