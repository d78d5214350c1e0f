#ifdef __linux__
#include <sys/prctl.h>
#else
#include <stdbool.h>
#include <sys/resource.h>
#endif

#include "memory.h"

#ifdef __linux__
void hide_memory(void) {
  /* It fails for no value of this argument. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void show_memory(void) {
  /* execve(2) does it. */
}
#else
static struct rlimit before;
static bool is_hidden;

void hide_memory(void) {
  if (getrlimit(RLIMIT_CORE, &before) != 0) return;
  struct rlimit none = {0, before.rlim_max};
  is_hidden = setrlimit(RLIMIT_CORE, &none) == 0;
}

void show_memory(void) {
  if (is_hidden) setrlimit(RLIMIT_CORE, &before);
}
#endif

void wipe(void *memory, size_t size) {
  volatile unsigned char *at = memory;
  while (size-- > 0) *at++ = 0;
}
