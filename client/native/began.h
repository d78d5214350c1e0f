#ifndef SIGILFORGE_BEGAN_H
#define SIGILFORGE_BEGAN_H

/* Notes in SIGILFORGE_BEGAN what this process was started with, and Node changes before it runs any
 * JavaScript. */
void note_beginning(void);

#endif
