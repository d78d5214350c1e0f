/* The hot path without Node: answers what a daemon can answer at once, and gives way to the Node program for the rest. */
#include <stdio.h>

int main(void) {
  fputs("not built yet\n", stderr);
  return 70;
}
