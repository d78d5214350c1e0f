#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "descriptor.h"

/* As client/descriptor/checked.ts has it. */
enum { DESCRIPTOR_DIGITS = 7, OTHER_DIGITS = 20 };

/* A number in decimal digits, and the sign that ends it. */
static bool take_number(const char **text, size_t most_digits, char end, uintmax_t *number) {
  size_t digits = strspn(*text, "0123456789");
  if (digits == 0 || digits > most_digits || (*text)[digits] != end) return false;
  /* One that is too large becomes the largest, which is no file's. */
  *number = strtoumax(*text, NULL, 10);
  *text += digits + (end == '\0' ? 0 : 1);
  return true;
}

bool checked_descriptor(const char *text, int *fd) {
  uintmax_t number, device, inode;
  struct stat stats;
  if (!take_number(&text, DESCRIPTOR_DIGITS, ':', &number) ||
      !take_number(&text, OTHER_DIGITS, ':', &device) || !take_number(&text, OTHER_DIGITS, '\0', &inode)) {
    return false;
  }
  *fd = (int)number;
  return fstat(*fd, &stats) == 0 && S_ISSOCK(stats.st_mode) && (uintmax_t)stats.st_dev == device &&
         (uintmax_t)stats.st_ino == inode;
}
