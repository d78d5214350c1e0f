/*
 * The leader of the program's session: the program has a group of its own in it, so that keys stop it and shells have job
 * control. It outlives the front process, restores the real terminal if that was killed, and goes on carrying what
 * others show that the program has left behind.
 */
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carrier.h"
#include "caught.h"
#include "message.h"

struct watch {
  const struct task *task;
  struct line line;
  int woken;
  pid_t program;
  /* Whom the pseudo-terminal belonged to before the program went to the background. */
  pid_t before;
  bool has_ended;
};

static const int IGNORED[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
                              SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};

static _Noreturn void be_program(const struct watch *watch, bool in_foreground) {
  const struct task *task = watch->task;
  setpgid(0, 0);
  if (in_foreground) tcsetpgrp(watch->line.slave, getpid());
  for (int index = 0; index < task->terminal_count; index++) {
    if (dup2(watch->line.slave, task->terminals[index]) < 0) fail(task, "", errno);
  }
  begin(task);
}

static void start_program(struct watch *watch, bool in_foreground) {
  sigset_t all, before;
  sigfillset(&all);
  /* A signal for the program waits until the program's own rules are in force: the monitor ignores most. */
  sigprocmask(SIG_BLOCK, &all, &before);
  watch->program = fork();
  if (watch->program < 0) fail(watch->task, "", errno);
  if (watch->program == 0) be_program(watch, in_foreground);
  sigprocmask(SIG_SETMASK, &before, NULL);
  /* Both do it, so that it is done whichever runs first. */
  setpgid(watch->program, watch->program);
  close_descriptors_of(watch->task);
  leave_memory_out_of_core_files();
}

/* The front process was killed, or its caller: nobody shows anything or types any more. */
static _Noreturn void end_alone(const struct watch *watch) {
  make_usual(watch->line.terminal, watch->line.modes);
  kill(-watch->program, SIGHUP);
  kill(-watch->program, SIGCONT);
  _exit(0);
}

/* Carries what other programs show, until the last of them has closed the pseudo-terminal. */
static _Noreturn void carry_on(const struct watch *watch) {
  static struct carrier shown;
  int out = watch->task->out;
  for (;;) {
    struct pollfd ready[] = {
        {.fd = watch->line.master, .events = carries(&shown) ? 0 : POLLIN},
        {.fd = out, .events = carries(&shown) ? POLLOUT : 0},
    };
    if (carries(&shown)) ready[0].fd = -1;
    if (poll(ready, 2, -1) < 0 && errno != EINTR) _exit(0);
    if (ready[1].revents & (POLLERR | POLLHUP | POLLNVAL)) _exit(0);
    if (ready[0].revents != 0 && take(&shown, watch->line.master) == NO_WRITERS) _exit(0);
    if (!give(&shown, out)) _exit(0);
  }
}

static void program_ended(struct watch *watch, int status) {
  watch->has_ended = true;
  /* What is left behind runs in the background. */
  tcsetpgrp(watch->line.slave, getpgrp());
  close(watch->line.slave);
  close(watch->task->report);
  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  send_message(watch->line.channel, EXITED, code);
}

static void look_at_program(struct watch *watch) {
  int status;
  take_caught();
  while (!watch->has_ended && waitpid(watch->program, &status, WNOHANG | WUNTRACED) == watch->program) {
    if (WIFSTOPPED(status)) send_message(watch->line.channel, STOPPED, WSTOPSIG(status));
    else program_ended(watch, status);
  }
}

static void to_background(struct watch *watch) {
  watch->before = tcgetpgrp(watch->line.slave);
  tcsetpgrp(watch->line.slave, getpgrp());
}

static void to_foreground(struct watch *watch) {
  tcsetpgrp(watch->line.slave, watch->before > 0 ? watch->before : watch->program);
  watch->before = 0;
}

/* Without it, writing to the pseudo-terminal fails as to a terminal that has gone. */
static void hang_up(struct watch *watch) {
  if (watch->line.master >= 0) close(watch->line.master);
  watch->line.master = -1;
}

static void obey(struct watch *watch, struct message message) {
  if (message.kind == END) _exit(0);
  if (message.kind == HANG_UP) hang_up(watch);
  if (watch->has_ended) return;
  switch (message.kind) {
    case SIGNAL_PROGRAM:
      kill(watch->program, message.value);
      break;
    case SIGNAL_GROUP:
      kill(-watch->program, message.value);
      break;
    case TO_FOREGROUND:
      to_foreground(watch);
      break;
    case TO_BACKGROUND:
      to_background(watch);
      break;
  }
}

static void listen_to_front(struct watch *watch) {
  struct message message;
  if (receive_message(watch->line.channel, &message)) {
    obey(watch, message);
    return;
  }
  if (!watch->has_ended) end_alone(watch);
  make_usual(watch->line.terminal, watch->line.modes);
  close(watch->line.terminal);
  close(watch->line.channel);
  if (watch->line.master < 0) _exit(0);
  carry_on(watch);
}

void monitor(const struct task *task, struct line line, bool in_foreground) {
  struct watch watch = {.task = task, .line = line, .woken = open_caught(task->own)};
  for (size_t index = 0; index < sizeof IGNORED / sizeof *IGNORED; index++) ignore_signal(IGNORED[index]);
  leave_signal(SIGWINCH);
  leave_signal(SIGCONT);
  catch_signal(SIGCHLD);
  if (watch.woken < 0 || setsid() < 0 || ioctl(line.slave, TIOCSCTTY, 0) != 0) fail(task, "P", errno);
  start_program(&watch, in_foreground);
  for (;;) {
    struct pollfd ready[] = {{.fd = watch.woken, .events = POLLIN}, {.fd = line.channel, .events = POLLIN}};
    if (poll(ready, 2, -1) < 0) continue;
    if (ready[0].revents != 0) look_at_program(&watch);
    if (ready[1].revents != 0) listen_to_front(&watch);
  }
}
