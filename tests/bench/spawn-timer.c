/*
 * How long programs take from their start to their end: spawn-timer ROUNDS INPUT PROGRAM [ARGUMENT...]
 *
 * Starts the program so often, with the file INPUT as its standard input and its output thrown away, and prints
 * the nanoseconds of each run. What starts it is small, because the time of a start grows with the starter.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, arguments[2], O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  for (int rounds = atoi(arguments[1]); rounds > 0; rounds--) {
    pid_t child;
    int status;
    long long start = now();
    if (posix_spawnp(&child, arguments[3], &actions, NULL, arguments + 3, environ) != 0) return 3;
    if (waitpid(child, &status, 0) != child || status != 0) return 4;
    printf("%lld\n", now() - start);
  }
  return 0;
}
