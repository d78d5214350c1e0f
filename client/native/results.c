#include "json.h"
#include "results.h"

/* 2026-01-31T12:00:00.000Z, quotes included: a digit is at most the one that stands here. */
static const char LATEST[] = "\"9999-19-39T29:59:59.999Z\"";

bool is_null(struct span value) {
  return span_is(value, "null");
}

static int two_digits(const char *at) {
  return (at[0] - '0') * 10 + at[1] - '0';
}

static bool is_timestamp(struct span value) {
  if (value.length != sizeof LATEST - 1) return false;
  for (size_t place = 0; place < value.length; place++) {
    char latest = LATEST[place], found = value.at[place];
    bool is_digit = latest >= '0' && latest <= '9';
    if (is_digit ? found < '0' || found > latest : found != latest) return false;
  }
  int month = two_digits(value.at + 6), day = two_digits(value.at + 9), hour = two_digits(value.at + 12);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23;
}

static bool string_member(struct span object, const char *name, struct span *value) {
  return json_member(object, name, value) && json_is_string(*value);
}

static bool time_member(struct span object, const char *name, struct span *value) {
  return json_member(object, name, value) && (is_null(*value) || is_timestamp(*value));
}

static bool are_strings(struct span array) {
  struct span item;
  if (!json_is_array(array)) return false;
  while (json_next_item(&array, &item)) {
    if (!json_is_string(item)) return false;
  }
  return true;
}

bool read_token(struct span result, struct token *token) {
  return string_member(result, "access_token", &token->access_token) &&
         string_member(result, "token_type", &token->token_type) &&
         time_member(result, "expires_at", &token->expires_at) &&
         json_member(result, "scopes", &token->scopes) && are_strings(token->scopes);
}

static bool is_text(struct span object) {
  struct span encoding;
  return json_member(object, "encoding", &encoding) && span_is(encoding, "\"utf8\"");
}

static bool string_or_null_member(struct span object, const char *name, struct span *value) {
  return json_member(object, name, value) && (is_null(*value) || json_is_string(*value));
}

static bool read_metadata(struct span metadata, struct span *expires_at) {
  struct span kind, source;
  if (!json_is_object(metadata) || json_count_members(metadata) != 3) return false;
  if (!json_member(metadata, "kind", &kind) || !string_or_null_member(metadata, "source", &source))
    return false;
  bool is_known = span_is(kind, "\"token\"") || span_is(kind, "\"secret\"") || span_is(kind, "\"external\"");
  return is_known && time_member(metadata, "expires_at", expires_at);
}

bool read_resolved(struct span result, struct resolved *resolved) {
  struct span metadata;
  return string_member(result, "value", &resolved->value) && is_text(result) &&
         json_member(result, "metadata", &metadata) && read_metadata(metadata, &resolved->expires_at);
}

bool read_aws_credentials_result(struct span result, struct aws_credentials *credentials) {
  return string_member(result, "access_key_id", &credentials->access_key_id) &&
         string_member(result, "secret_access_key", &credentials->secret_access_key) &&
         string_or_null_member(result, "session_token", &credentials->session_token) &&
         time_member(result, "expires_at", &credentials->expires_at);
}

bool read_secret(struct span result, struct span *value) {
  struct span key, backend;
  if (!string_member(result, "key", &key) || !json_member(result, "backend", &backend)) return false;
  bool is_known = span_is(backend, "\"keychain\"") || span_is(backend, "\"vault\"");
  return is_known && is_text(result) && string_member(result, "value", value);
}

/* Whether `\u00..` is the shortest form of a control character, with small letters. */
static bool is_shortest(const char *digits) {
  if (memcmp(digits, "00", 2) != 0 || (digits[2] != '0' && digits[2] != '1')) return false;
  if (digits[2] == '0' && memchr("89acd", digits[3], 5) != NULL) return false;
  return memchr("0123456789abcdef", digits[3], 16) != NULL;
}

bool is_canonical(struct span string) {
  for (size_t place = 0; place < string.length; place++) {
    if (string.at[place] != '\\') continue;
    char escape = string.at[++place];
    if (escape == '/' || (escape == 'u' && !is_shortest(string.at + place + 1))) return false;
  }
  return true;
}
