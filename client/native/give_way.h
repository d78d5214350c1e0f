#ifndef SIGILFORGE_GIVE_WAY_H
#define SIGILFORGE_GIVE_WAY_H

/* Puts the Node program in the place of this process, with the same arguments. */
_Noreturn void give_way(char **arguments);

#endif
