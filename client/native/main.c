/* The hot path without Node: answers what a daemon can answer at once, and gives way to the Node program for the rest. */
#include "give_way.h"

int main(int count, char **arguments) {
  (void)count;
  give_way(arguments);
}
