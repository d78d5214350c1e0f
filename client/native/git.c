/* The protocol of git's credential helpers: gitcredentials(7), git-credential(1). */
#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#include "git.h"
#include "json.h"
#include "output.h"
#include "results.h"

enum { MOST_HOST = 254, MOST_USERNAME = 1024 };

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Attributes that say what is asked for. In these no control character can be meant well, and none stands
 * twice. */
enum attribute { PROTOCOL, GIT_HOST, PATH, USERNAME, PASSWORD, CREDENTIAL, AUTHTYPE, ATTRIBUTES };

static const char *const NAMES[ATTRIBUTES] = {"protocol", "host",       "path",    "username",
                                              "password", "credential", "authtype"};

/* User names for tokens where hosts take no other (cli/helpers/git-hosts.ts). */
static const struct kind {
  const char *host, *username;
} KINDS[] = {
    {"github.com", "x-access-token"}, {"gitlab.com", "oauth2"}, {"bitbucket.org", "x-token-auth"},
    {"huggingface.co", "user"},       {"dev.azure.com", "oauth2"},
};

static const char ANY_USERNAME[] = "oauth2";

static bool consists_of(struct span text, const char *characters) {
  for (size_t place = 0; place < text.length; place++) {
    if (text.at[place] == '\0' || strchr(characters, text.at[place]) == NULL) return false;
  }
  return text.length > 0;
}

static bool is_letter_or_digit(char character) {
  return consists_of((struct span){&character, 1}, LETTERS_AND_DIGITS);
}

/* A name of a host, without a port. */
static bool is_plain_host(struct span host) {
  return host.length <= MOST_HOST && consists_of(host, LETTERS_AND_DIGITS "._-") &&
         is_letter_or_digit(host.at[0]) && is_letter_or_digit(host.at[host.length - 1]);
}

/* The next line, without its end. */
static struct span take_line(struct span *rest) {
  const char *end = memchr(rest->at, '\n', rest->length);
  struct span line = {rest->at, end == NULL ? rest->length : (size_t)(end - rest->at)};
  size_t taken = end == NULL ? line.length : line.length + 1;
  *rest = (struct span){rest->at + taken, rest->length - taken};
  return line;
}

static bool begins_with(struct span text, const char *small) {
  size_t length = strlen(small);
  return text.length >= length && strncasecmp(text.at, small, length) == 0;
}

/* A challenge by which Node may answer with another scheme than Basic. */
static bool offers_bearer(struct span challenge) {
  return begins_with(challenge, "bearer") && (challenge.length == 6 || challenge.at[6] == ' ');
}

/* What says that a credential ends by itself, so that another helper has given it, and can do so again. */
static bool is_passing(struct span name) {
  return span_is(name, "password_expiry_utc") || span_is(name, "authtype") || span_is(name, "ephemeral");
}

/* False for what Node has to look into: an address stands for other attributes. */
static bool keep_attribute(struct span *values, struct span name, struct span value) {
  for (size_t attribute = 0; attribute < ATTRIBUTES; attribute++) {
    if (!span_is(name, NAMES[attribute])) continue;
    if (values[attribute].at != NULL || has_control(value)) return false;
    values[attribute] = value;
  }
  return !span_is(name, "url") && !(span_is(name, "wwwauth[]") && offers_bearer(value));
}

static bool read_attributes(struct span input, struct span *values, bool *passes) {
  while (input.length > 0) {
    struct span line = take_line(&input);
    if (line.length == 0) return true;
    const char *equals = memchr(line.at, '=', line.length);
    if (equals == NULL || equals == line.at) return false;
    size_t length = (size_t)(equals - line.at);
    struct span name = {line.at, length}, value = {equals + 1, line.length - length - 1};
    if (!keep_attribute(values, name, value)) return false;
    if (is_passing(name)) *passes = true;
  }
  return true;
}

static struct span username_at(struct span host) {
  const char *username = ANY_USERNAME;
  for (size_t index = 0; index < sizeof KINDS / sizeof *KINDS; index++) {
    if (host.length == strlen(KINDS[index].host) && begins_with(host, KINDS[index].host)) {
      username = KINDS[index].username;
    }
  }
  return (struct span){username, strlen(username)};
}

bool read_git_request(struct span input, struct git_request *request) {
  struct span values[ATTRIBUTES] = {{NULL, 0}};
  *request = (struct git_request){.passes = false};
  if (!utf8_is_valid(input) || !read_attributes(input, values, &request->passes)) return false;
  if (values[PROTOCOL].at == NULL || !span_is(values[PROTOCOL], "https")) return false;
  if (!is_plain_host(values[GIT_HOST]) || values[USERNAME].length > MOST_USERNAME) return false;
  request->username = values[USERNAME].length > 0 ? values[USERNAME] : username_at(values[GIT_HOST]);
  return true;
}

/* The days from 1970 on, by the calendar in which a year begins in March (Howard Hinnant, days_from_civil).
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  if (month <= 2) year--;
  int64_t era = year / 400, year_of_era = year % 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int64_t digits(const char *at, int count) {
  int64_t number = 0;
  while (count-- > 0) number = number * 10 + *at++ - '0';
  return number;
}

/* A time of day 29 and later is left to Node, where the month may not have that day. */
static bool put_expiry(struct span expires_at) {
  char line[64];
  if (is_null(expires_at)) return true;
  const char *at = expires_at.at + 1;
  int64_t year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
  if (year < 1970 || (day > 28 && month == 2) ||
      (day > 30 && (month == 4 || month == 6 || month == 9 || month == 11))) {
    return false;
  }
  int64_t seconds = digits(at + 11, 2) * 3600 + digits(at + 14, 2) * 60 + digits(at + 17, 2);
  int64_t time = days_of(year, month, day) * 86400 + seconds;
  snprintf(line, sizeof line, "password_expiry_utc=%lld\n", (long long)time);
  put_text(line);
  return true;
}

/* A line break would begin another attribute. */
bool put_git_credential(struct span username, struct span result) {
  struct token token;
  if (!read_token(result, &token)) return false;
  put_text("username=");
  put_span(username);
  put_text("\npassword=");
  size_t from = output_so_far().length;
  put_string(token.access_token);
  struct span output = output_so_far();
  if (has_control((struct span){output.at + from, output.length - from})) return false;
  put_text("\n");
  return put_expiry(token.expires_at);
}
