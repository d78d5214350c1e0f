#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "json.h"
#include "presence.h"
#include "private.h"
#include "small_file.h"

/* Where the text of a string is all that stands between its quotes. */
static bool is_text(struct span string, const char *text) {
  struct span inner = {string.at + 1, string.length - 2};
  return span_is(inner, text);
}

static bool is_plain_string(struct span value) {
  return json_is_string(value) && memchr(value.at, '\\', value.length) == NULL;
}

/* Another version is worth a sentence, if it is the daemon of this socket. */
static bool says_nothing_new(struct span text, const char *socket) {
  struct span named, version;
  if (!json_is_valid(text) || !json_is_object(text)) return false;
  if (!json_member(text, "socket", &named) || !is_plain_string(named)) return false;
  if (!json_member(text, "version", &version) || !is_plain_string(version)) return false;
  return !is_text(named, socket) || is_text(version, VERSION);
}

bool is_of_this_version(const char *presence, const char *socket) {
  static char text[MOST_FILE_BYTES];
  struct stat stats;
  size_t length;
  if (lstat(presence, &stats) != 0) return errno == ENOENT;
  return way_is_safe(presence) && S_ISREG(stats.st_mode) && is_private(&stats) &&
         read_small_file(presence, O_NOFOLLOW, text, &length) &&
         says_nothing_new((struct span){text, length}, socket);
}
