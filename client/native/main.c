/*
 * The hot path without Node: answers what a daemon can answer at once, and gives way to the Node program for
 * the rest, every error included, so that there is one set of rules and words.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "docker.h"
#include "give_way.h"
#include "input.h"
#include "memory.h"
#include "output.h"
#include "places.h"
#include "presence.h"
#include "reach.h"
#include "settings.h"

static bool is_debugging(void) {
  const char *debug = variable("SIGILFORGE_DEBUG");
  return debug != NULL && strcmp(debug, "1") == 0;
}

/* Where the daemon is looked for; both are NULL where only Node can tell. */
struct address {
  const char *socket;
  const char *descriptor;
};

static struct address find_address(const struct places *places) {
  struct address named = {variable("SIGILFORGE_SOCKET"), variable("SIGILFORGE_FD")};
  if (named.socket != NULL && !is_plain_path(named.socket)) return (struct address){NULL, NULL};
  if (named.socket != NULL || named.descriptor != NULL) return named;
  return (struct address){names_no_socket(places->config) ? places->socket : NULL, NULL};
}

static bool ask_first(struct call *call, const struct way *way) {
  struct span result;
  if (call->go_on == NULL) return true;
  bool goes_on = ask_daemon(way, &call->request, &result) && call->go_on(call, result);
  wipe_answer();
  return goes_on;
}

static bool ask_last(const struct call *call, const struct way *way) {
  struct span result;
  if (call->request.method == NULL) return true;
  return ask_daemon(way, &call->request, &result) && call->put(&call->words, result);
}

static bool ask_for(struct call *call, const struct address *address) {
  struct way way;
  bool is_answered = reach_daemon(address->socket, address->descriptor, &way) && ask_first(call, &way) &&
                     ask_last(call, &way);
  leave_daemon(&way);
  return is_answered;
}

/* Node says so if it is another version; by a descriptor it cannot know. */
static bool is_worth_a_notice(const struct call *call, const struct places *places,
                              const struct address *address) {
  if (call->words.is_quiet || address->socket == NULL) return false;
  return !is_of_this_version(places->presence, address->socket);
}

/* Puts the whole answer together. */
static bool answer(struct call *call) {
  static struct places places;
  if (is_debugging()) return false;
  if (call->request.method == NULL) return true;
  if (!find_places(&places)) return false;
  struct address address = find_address(&places);
  if (address.socket == NULL && address.descriptor == NULL) return false;
  return !is_worth_a_notice(call, &places, &address) && ask_for(call, &address);
}

static enum printing answer_and_print(struct call *call) {
  enum printing printing = answer(call) ? print_output() : NOT_BEGUN;
  wipe_answer();
  wipe_kept_login();
  wipe_output();
  return printing;
}

/* Runs without the signal of a daemon or reader that has gone away, which is an ordinary error here. */
static enum printing run(struct call *call) {
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  if (sigaction(SIGPIPE, &ignore, &before) != 0) return NOT_BEGUN;
  hide_memory();
  enum printing printing = answer_and_print(call);
  show_memory();
  sigaction(SIGPIPE, &before, NULL);
  return printing;
}

int main(int count, char **arguments) {
  static struct call call;
  (void)count;
  if (!read_call(arguments, &call)) give_way(arguments);
  switch (run(&call)) {
    case PRINTED: wipe_input(); return EXIT_SUCCESS;
    case NOT_BEGUN: give_way(arguments);
    case BROKEN_OFF: fputs("sigilforge: Standard output cannot be written.\n", stderr);
  }
  return EXIT_FAILURE;
}
