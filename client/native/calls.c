#include <stdio.h>
#include <unistd.h>

#include "calls.h"
#include "json.h"
#include "names.h"
#include "output.h"
#include "results.h"

enum { MOST_WORDS = 4 };

/* A command line without its options. */
struct words {
  const char *at[MOST_WORDS];
  size_t count;
  const char *format;
  bool is_quiet;
};

static bool take_word(struct words *words, const char *word) {
  if (words->count == MOST_WORDS || word[0] == '-') return false;
  words->at[words->count++] = word;
  return true;
}

static bool read_words(char **arguments, struct words *words) {
  for (char **word = arguments + 1; *word != NULL; word++) {
    if (strcmp(*word, "--quiet") == 0) {
      words->is_quiet = true;
    } else if (strcmp(*word, "--format") == 0) {
      if (words->format != NULL || *++word == NULL) return false;
      words->format = *word;
    } else if (!take_word(words, *word)) {
      return false;
    }
  }
  return words->count > 0;
}

static bool put_line(struct span string) {
  put_string(string);
  put_text("\n");
  return true;
}

static bool put_token(struct span result) {
  struct token token;
  return read_token(result, &token) && put_line(token.access_token);
}

/* A line break would start another header. */
static bool put_header(struct span result) {
  struct token token;
  if (!read_token(result, &token)) return false;
  put_text("Authorization: Bearer ");
  put_string(token.access_token);
  struct span header = output_so_far();
  if (memchr(header.at, '\n', header.length) != NULL || memchr(header.at, '\r', header.length) != NULL)
    return false;
  put_text("\n");
  return true;
}

static bool put_member(const char *before, struct span string) {
  if (!is_canonical(string)) return false;
  put_text(before);
  put_span(string);
  return true;
}

static bool put_scopes(struct span scopes) {
  const char *before = "";
  struct span scope;
  put_text(",\"scopes\":[");
  while (json_next_item(&scopes, &scope)) {
    if (!put_member(before, scope)) return false;
    before = ",";
  }
  put_text("]}\n");
  return true;
}

/* As JSON.stringify writes it. */
static bool put_json(struct span result) {
  struct token token;
  return read_token(result, &token) && put_member("{\"access_token\":", token.access_token) &&
         put_member(",\"token_type\":", token.token_type) &&
         put_member(",\"expires_at\":", token.expires_at) && put_scopes(token.scopes);
}

static bool put_resolved(struct span result) {
  struct span value;
  return read_resolved(result, &value) && put_line(value);
}

static bool put_secret(struct span result) {
  struct span value;
  return read_secret(result, &value) && put_line(value);
}

typedef bool (*put_result)(struct span result);

static put_result putter_of(const char *format) {
  if (format == NULL || strcmp(format, "text") == 0) return put_token;
  if (strcmp(format, "header") == 0) return put_header;
  if (strcmp(format, "json") == 0) return put_json;
  return NULL;
}

static void ask(struct call *call, const char *method, put_result put) {
  call->request.method = method;
  call->put = put;
}

/* What it is made of was looked at: nothing in it is special in JSON. */
static void set_params(struct call *call, const char *form, const char *first, const char *second) {
  snprintf(call->request.params, sizeof call->request.params, form, first, second);
}

static bool read_get_token(const struct words *words, struct call *call) {
  put_result put = putter_of(words->format);
  if (words->count != 3 || put == NULL) return false;
  const char *service = words->at[1], *account = words->at[2];
  if (!is_service(service, strlen(service)) || !is_account(account, strlen(account))) return false;
  ask(call, "get_token", put);
  set_params(call, "\"service\":\"%s\",\"account\":\"%s\"", service, account);
  return true;
}

static bool read_resolve(const struct words *words, struct call *call) {
  if (words->count != 2 || words->format != NULL || !is_reference(words->at[1])) return false;
  ask(call, "resolve", put_resolved);
  set_params(call, "\"reference\":\"%s\"%s", words->at[1], "");
  return true;
}

/* On a terminal Node may say once how a secret is given to a program. */
static bool read_secret_get(const struct words *words, struct call *call) {
  if (words->count != 3 || words->format != NULL || strcmp(words->at[1], "get") != 0) return false;
  if (!is_secret_key(words->at[2]) || (!words->is_quiet && isatty(STDOUT_FILENO))) return false;
  ask(call, "get_secret", put_secret);
  set_params(call, "\"key\":\"%s\"%s", words->at[2], "");
  return true;
}

bool read_call(char **arguments, struct call *call) {
  struct words words = {.count = 0};
  if (arguments[0] == NULL || !read_words(arguments, &words)) return false;
  call->is_quiet = words.is_quiet;
  const char *command = words.at[0];
  if (strcmp(command, "get-token") == 0) return read_get_token(&words, call);
  if (strcmp(command, "resolve") == 0) return read_resolve(&words, call);
  return strcmp(command, "secret") == 0 && read_secret_get(&words, call);
}
