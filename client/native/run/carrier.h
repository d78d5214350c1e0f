#ifndef SIGILFORGE_CARRIER_H
#define SIGILFORGE_CARRIER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes on the way from one descriptor to another, neither of which is waited for. */
struct carrier {
  char bytes[16384];
  size_t start, end;
};

enum taken { TAKEN, NOTHING_NOW, NO_WRITERS };

bool carries(const struct carrier *carrier);

/* Reads, if all that it carried has been written. */
enum taken take(struct carrier *carrier, int from);

/* Writes as much as there is room for. False if there are no readers any more. */
bool give(struct carrier *carrier, int to);

/* Writes all of it, however long that takes. False if there are no readers any more. */
bool give_all(struct carrier *carrier, int to);

#endif
