#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "private.h"
#include "settings.h"
#include "small_file.h"

bool names_no_socket(const char *config) {
  static char text[MOST_FILE_BYTES];
  struct stat stats;
  size_t length;
  if (!is_unchangeable(config)) return false;
  if (stat(config, &stats) != 0) return errno == ENOENT;
  return S_ISREG(stats.st_mode) && read_small_file(config, 0, text, &length) &&
         memmem(text, length, "socket", 6) == NULL;
}
