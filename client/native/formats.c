/* How `get-token` writes a token, as the programs that it is for take it. */
#include <stdlib.h>

#include "formats.h"
#include "json.h"
#include "output.h"
#include "results.h"

/* Printable ASCII without blanks. */
static bool is_word(const char *text) {
  for (const char *at = text; *at != '\0'; at++) {
    if (*at < '!' || *at > '~') return false;
  }
  return text[0] != '\0';
}

/* Puts the token as it is, if nothing in it ends the header or field that it stands in. */
static bool put_bearer(struct span access_token) {
  size_t from = output_so_far().length;
  put_text("Bearer ");
  put_string(access_token);
  struct span output = output_so_far();
  return !has_control((struct span){output.at + from, output.length - from});
}

static bool put_plain(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  return read_token(result, &token) && put_line(token.access_token);
}

static bool put_header(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  if (!read_token(result, &token)) return false;
  put_text("Authorization: ");
  if (!put_bearer(token.access_token)) return false;
  put_text("\n");
  return true;
}

/* Without control characters, the text of a string is the same in its JSON, but for quotes and backslashes.
 */
static bool put_headers_json(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  if (!read_token(result, &token) || !put_bearer(token.access_token)) return false;
  wipe_output();
  struct span inner = {token.access_token.at + 1, token.access_token.length - 2};
  if (!is_canonical(token.access_token)) return false;
  put_text("{\"Authorization\":\"Bearer ");
  put_span(inner);
  put_text("\"}\n");
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
static bool put_json(const struct words *words, struct span result) {
  struct token token;
  (void)words;
  return read_token(result, &token) && put_member("{\"access_token\":", token.access_token) &&
         put_member(",\"token_type\":", token.token_type) &&
         put_member(",\"expires_at\":", token.expires_at) && put_scopes(token.scopes);
}

/* A word that needs no quotes in netrc. */
static bool is_netrc_word(struct span word) {
  for (size_t place = 0; place < word.length; place++) {
    char letter = word.at[place];
    if (letter < '!' || letter > '~' || letter == '"' || letter == '\\') return false;
  }
  return word.length > 0 && word.at[0] != '#';
}

static bool put_netrc(const struct words *words, struct span result) {
  struct token token;
  if (!read_token(result, &token)) return false;
  put_text("machine ");
  put_text(words->options[HOST]);
  put_text(" login ");
  put_text(words->options[USER]);
  put_text(" password ");
  size_t from = output_so_far().length;
  put_string(token.access_token);
  struct span output = output_so_far();
  put_text("\n");
  return is_netrc_word((struct span){output.at + from, output.length - from});
}

/* Mail servers take no API key as a token. */
static bool put_mail_token(struct span result) {
  struct token token;
  if (!read_token(result, &token)) return false;
  if (!is_canonical(token.token_type) || span_is(token.token_type, "\"api_key\"")) return false;
  put_text("auth=");
  if (!put_bearer(token.access_token)) return false;
  put_text("\1\1");
  put_base64();
  put_text("\n");
  return true;
}

static bool put_xoauth2(const struct words *words, struct span result) {
  put_text("user=");
  put_text(words->options[USER]);
  put_text("\1");
  return put_mail_token(result);
}

static void put_field(const char *name, const char *value) {
  if (value == NULL) return;
  put_text(name);
  put_text(value);
  put_text("\1");
}

/* The initial response of RFC 7628, section 3.1. */
static bool put_oauthbearer(const struct words *words, struct span result) {
  put_text("n,a=");
  put_text(words->options[USER]);
  put_text(",\1");
  put_field("host=", words->options[HOST]);
  put_field("port=", words->options[PORT]);
  return put_mail_token(result);
}

enum { TAKES_USER = 1 << USER, TAKES_HOST = 1 << HOST, TAKES_PORT = 1 << PORT };

static const struct format {
  const char *name;
  put_token put;
  unsigned needs, takes;
} FORMATS[] = {
    {"text", put_plain, 0, 0},
    {"json", put_json, 0, 0},
    {"header", put_header, 0, 0},
    {"headers-json", put_headers_json, 0, 0},
    {"netrc", put_netrc, TAKES_USER | TAKES_HOST, 0},
    {"xoauth2", put_xoauth2, TAKES_USER, 0},
    {"oauthbearer", put_oauthbearer, TAKES_USER, TAKES_HOST | TAKES_PORT},
};

static const struct format *format_named(const char *name) {
  for (size_t index = 0; index < sizeof FORMATS / sizeof *FORMATS; index++) {
    if (strcmp(name, FORMATS[index].name) == 0) return &FORMATS[index];
  }
  return NULL;
}

static bool is_port(const char *text) {
  return strlen(text) <= 5 && strspn(text, "0123456789") == strlen(text) && atoi(text) > 0 &&
         atoi(text) < 65536;
}

/* What SASL writes in another way in a user name (RFC 5801, section 4), and netrc cannot hold. */
static bool is_plain_recipient(enum option option, const char *text) {
  if (option == PORT) return is_port(text);
  return is_word(text) && strpbrk(text, "=,") == NULL && is_netrc_word((struct span){text, strlen(text)});
}

static bool fits(const struct format *format, const struct words *words) {
  for (int option = USER; option <= PORT; option++) {
    const char *text = words->options[option];
    unsigned bit = 1u << option;
    if (text == NULL && (format->needs & bit) != 0) return false;
    if (text == NULL) continue;
    if (((format->needs | format->takes) & bit) == 0 || !is_plain_recipient(option, text)) return false;
  }
  return true;
}

put_token token_format(const struct words *words) {
  const char *name = words->options[FORMAT];
  const struct format *format = format_named(name == NULL ? "text" : name);
  return format != NULL && fits(format, words) ? format->put : NULL;
}
