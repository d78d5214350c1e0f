/*
 * Stands before the program as its caller sees it: in the caller's group, stopped when the program is stopped, with the
 * program's exit status. Carries keys from the real terminal to the pseudo-terminal, and what is shown there to the
 * caller, who masks it and shows it.
 */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "carrier.h"
#include "caught.h"
#include "message.h"
#include "monitor.h"

/* More than a pseudo-terminal holds: all that was shown before the program stopped or ended. */
enum { MORE_THAN_A_TERMINAL = 1 << 20 };

struct front {
  const struct task *task;
  struct line line;
  int woken;
  struct carrier keys;
  struct carrier shown;
  /* Whether the program uses the terminal when it can. In the middle of a pipeline it may never do so. */
  bool wants_keys;
  /* Whether the pseudo-terminal belongs to it. */
  bool has_keys;
  /* Whether the real terminal ends the lines, as it does while it is not raw. */
  bool leaves_lines;
  /* Whether the program was told that the terminal has hung up, and the signal for that is still to come. */
  bool was_told;
  bool awaits_hangup;
};

static const int TO_PROGRAM[] = {SIGTERM, SIGUSR1, SIGUSR2};
static const int TO_GROUP[] = {SIGINT, SIGQUIT, SIGTSTP};
static const int OTHERS[] = {SIGHUP, SIGCONT, SIGWINCH};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void tell(const struct front *front, enum kind kind, int value) {
  send_message(front->line.channel, kind, value);
}

static bool is_usable(const struct front *front) {
  return front->line.terminal >= 0 && is_in_foreground(front->line.terminal);
}

/* Lines are ended once: by the pseudo-terminal while the real one is raw, by the real one otherwise. */
static void leave_lines(struct front *front, bool leave) {
  if (front->leaves_lines == leave) return;
  if (set_output_processing(front->line.master, !leave)) front->leaves_lines = leave;
}

static void take_keys(struct front *front) {
  make_raw(front->line.terminal, front->line.modes);
  leave_lines(front, false);
}

/* Another program has the terminal now, and its modes are none of ours. */
static void leave_keys(struct front *front) {
  front->line.modes->is_raw = false;
  leave_lines(front, true);
}

/* Whether the caller has shown all that it was given. False if it has ended. */
static bool wait_for_caller(const struct front *front) {
  char answer;
  ssize_t length;
  if (write(front->task->report, "F\n", 2) != 2) return false;
  do length = read(front->task->report, &answer, 1);
  while (length < 0 && errno == EINTR);
  return length == 1;
}

/* Nothing can be shown any more, as on a terminal that has gone. */
static void hang_up(struct front *front) {
  if (front->line.master < 0) return;
  close(front->line.master);
  front->line.master = -1;
  tell(front, HANG_UP, 0);
}

/* Passes on what was shown so far, and waits until it is seen. Whether no other program can show anything. */
static bool show_all(struct front *front) {
  enum taken taken = NOTHING_NOW;
  for (size_t total = 0; front->line.master >= 0 && total < MORE_THAN_A_TERMINAL;) {
    taken = take(&front->shown, front->line.master);
    if (taken != TAKEN) break;
    total += front->shown.end - front->shown.start;
    if (!give_all(&front->shown, front->task->out)) hang_up(front);
  }
  wait_for_caller(front);
  return taken == NO_WRITERS || front->line.master < 0;
}

static _Noreturn void end(struct front *front, int status) {
  bool is_last = show_all(front);
  struct message message;
  if (is_usable(front)) make_usual(front->line.terminal, front->line.modes);
  if (is_last) tell(front, END, 0);
  while (is_last && receive_message(front->line.channel, &message)) continue;
  _exit(status);
}

/* The monitor notices that, and hangs up. */
static _Noreturn void end_without_caller(struct front *front) {
  if (is_usable(front)) make_usual(front->line.terminal, front->line.modes);
  _exit(128 + SIGHUP);
}

/* After the terminal may have changed hands: the program goes on in the foreground or in the background. */
static void go_on(struct front *front) {
  if (front->line.terminal >= 0) copy_size(front->line.terminal, front->line.master);
  if (!is_usable(front)) {
    leave_keys(front);
    if (front->has_keys) tell(front, TO_BACKGROUND, 0);
    front->has_keys = false;
  } else if (front->wants_keys) {
    take_keys(front);
    if (!front->has_keys) tell(front, TO_FOREGROUND, 0);
    front->has_keys = true;
  }
  tell(front, SIGNAL_GROUP, SIGCONT);
}

/* Stops with all of the caller's group, as if the terminal had done it; only this process if the program alone was. */
static void stop(int number) {
  if (number == SIGSTOP) {
    kill(getpid(), SIGSTOP);
    return;
  }
  leave_signal(number);
  kill(0, number);
  if (number == SIGTSTP) catch_signal(number);
  else ignore_signal(number);
}

static void program_stopped(struct front *front, int number) {
  bool asks_for_keys = number == SIGTTIN || number == SIGTTOU;
  if (asks_for_keys) front->wants_keys = true;
  if (asks_for_keys && is_usable(front)) {
    front->has_keys = false;
    go_on(front);
    return;
  }
  show_all(front);
  if (is_usable(front)) make_usual(front->line.terminal, front->line.modes);
  stop(number);
  /* The signal is still to be answered. */
  if (has_caught(SIGCONT)) return;
  /* No system stops a group that no shell could continue: using the terminal fails there. */
  if (asks_for_keys) hang_up(front);
  go_on(front);
}

static void listen_to_monitor(struct front *front) {
  struct message message;
  if (!receive_message(front->line.channel, &message)) end(front, 128 + SIGKILL);
  if (message.kind == STOPPED) program_stopped(front, message.value);
  if (message.kind == EXITED) end(front, message.value);
}

/* It is told by a signal, by the terminal itself, or by both: the program hears of it once. */
static void on_hangup_signal(struct front *front) {
  if (!front->awaits_hangup) tell(front, SIGNAL_GROUP, SIGHUP);
  front->was_told = true;
  front->awaits_hangup = false;
}

static void terminal_hung_up(struct front *front) {
  front->line.terminal = -1;
  front->line.modes->is_raw = false;
  if (!front->was_told) {
    front->awaits_hangup = true;
    tell(front, SIGNAL_GROUP, SIGHUP);
  }
  /* A program that goes on all the same finds nothing to read. */
  hang_up(front);
  tell(front, SIGNAL_GROUP, SIGCONT);
}

static void on_resize(struct front *front) {
  if (front->line.terminal < 0) return;
  copy_size(front->line.terminal, front->line.master);
  /* The kernel tells only the foreground of the pseudo-terminal. */
  if (!front->has_keys) tell(front, SIGNAL_GROUP, SIGWINCH);
}

static void answer_signals(struct front *front) {
  uint64_t caught = take_caught();
#define HAS(number) ((caught >> ((number)-1) & 1) != 0)
  for (size_t index = 0; index < COUNT(TO_PROGRAM); index++) {
    if (HAS(TO_PROGRAM[index])) tell(front, SIGNAL_PROGRAM, TO_PROGRAM[index]);
  }
  for (size_t index = 0; index < COUNT(TO_GROUP); index++) {
    if (HAS(TO_GROUP[index])) tell(front, SIGNAL_GROUP, TO_GROUP[index]);
  }
  if (HAS(SIGHUP)) on_hangup_signal(front);
  if (HAS(SIGWINCH)) on_resize(front);
  if (HAS(SIGCONT)) go_on(front);
#undef HAS
}

static void carry_keys(struct front *front) {
  if (is_usable(front)) take(&front->keys, front->line.terminal);
  else leave_keys(front);
}

static void carry_shown(struct front *front) {
  if (take(&front->shown, front->line.master) == NO_WRITERS) hang_up(front);
  if (!give(&front->shown, front->task->out)) hang_up(front);
}

enum { WOKEN, CHANNEL, REPORT, MASTER, OUT, TERMINAL, POLLED };

static short events_of(bool reads, bool writes) {
  return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

static void await(struct front *front, struct pollfd ready[POLLED]) {
  bool is_open = front->line.master >= 0;
  bool reads_keys = front->line.modes->is_raw && !carries(&front->keys);
  ready[WOKEN] = (struct pollfd){.fd = front->woken, .events = POLLIN};
  ready[CHANNEL] = (struct pollfd){.fd = front->line.channel, .events = POLLIN};
  ready[REPORT] = (struct pollfd){.fd = front->task->report, .events = POLLIN};
  ready[MASTER] = (struct pollfd){.fd = front->line.master,
                                  .events = events_of(!carries(&front->shown), carries(&front->keys))};
  ready[OUT] = (struct pollfd){.fd = is_open ? front->task->out : -1,
                               .events = events_of(false, carries(&front->shown))};
  ready[TERMINAL] = (struct pollfd){.fd = front->line.terminal, .events = events_of(reads_keys, false)};
  while (poll(ready, POLLED, -1) < 0 && errno == EINTR) continue;
}

static void carry(struct front *front, const struct pollfd ready[POLLED]) {
  if (ready[TERMINAL].revents & POLLIN) carry_keys(front);
  if (ready[TERMINAL].revents & (POLLHUP | POLLERR | POLLNVAL)) terminal_hung_up(front);
  if (ready[OUT].revents & (POLLERR | POLLNVAL)) hang_up(front);
  if (front->line.master < 0) return;
  if (carries(&front->keys)) give(&front->keys, front->line.master);
  if (ready[MASTER].revents & (POLLIN | POLLHUP) || ready[OUT].revents & POLLOUT) carry_shown(front);
}

static _Noreturn void serve(struct front *front) {
  for (;;) {
    struct pollfd ready[POLLED];
    await(front, ready);
    if (ready[REPORT].revents != 0) end_without_caller(front);
    carry(front, ready);
    if (ready[WOKEN].revents != 0) answer_signals(front);
    if (ready[CHANNEL].revents != 0) listen_to_monitor(front);
  }
}

/* The real terminal by a descriptor that can be read, too. */
static int open_real(const struct task *task) {
  for (int index = 0; index < task->terminal_count; index++) {
    int fd = task->terminals[index];
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR) return fcntl(fd, F_DUPFD_CLOEXEC, task->own);
  }
  const char *name = ttyname(task->terminals[0]);
  int fd = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY);
  return move_up(task, fd < 0 ? dup(task->terminals[0]) : fd);
}

static void listen_to_signals(void) {
  for (size_t index = 0; index < COUNT(TO_PROGRAM); index++) catch_signal(TO_PROGRAM[index]);
  for (size_t index = 0; index < COUNT(TO_GROUP); index++) catch_signal(TO_GROUP[index]);
  for (size_t index = 0; index < COUNT(OTHERS); index++) catch_signal(OTHERS[index]);
  ignore_signal(SIGTTIN);
  ignore_signal(SIGTTOU);
  ignore_signal(SIGPIPE);
}

static void open_line(struct task *task, struct line *line, int channels[2]) {
  line->terminal = open_real(task);
  size_t size = sizeof *line->modes;
  line->modes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (line->terminal < 0 || line->modes == MAP_FAILED) fail(task, "P", errno);
  if (!open_pseudo_terminal(line->terminal, &line->master, &line->slave)) fail(task, "P", errno);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, channels) != 0) fail(task, "P", errno);
  line->master = move_up(task, line->master);
  line->slave = move_up(task, line->slave);
  for (int end = 0; end < 2; end++) channels[end] = move_up(task, channels[end]);
  if (line->master < 0 || line->slave < 0 || channels[0] < 0 || channels[1] < 0) fail(task, "P", errno);
}

/* The caller's own descriptors are moved out of the program's way as well. */
static void take_own(struct task *task) {
  task->report = move_up(task, task->report);
  task->out = move_up(task, task->out);
  if (task->report < 0 || task->out < 0) _exit(125);
  fcntl(task->out, F_SETFL, O_NONBLOCK);
}

void run_on_terminal(struct task *task) {
  static struct front front;
  int channels[2];
  take_own(task);
  open_line(task, &front.line, channels);
  front.task = task;
  front.woken = open_caught(task->own);
  if (front.woken < 0) fail(task, "P", errno);
  listen_to_signals();
  front.wants_keys = is_terminal_of(task, 0) && is_terminal_of(task, 1);
  front.has_keys = front.wants_keys && is_usable(&front);
  if (front.has_keys) take_keys(&front);
  else leave_lines(&front, true);
  pid_t leader = fork();
  if (leader < 0) {
    make_usual(front.line.terminal, front.line.modes);
    fail(task, "", errno);
  }
  front.line.channel = channels[leader == 0 ? 1 : 0];
  close(channels[leader == 0 ? 0 : 1]);
  if (leader == 0) monitor(task, front.line, front.has_keys);
  close(front.line.slave);
  close_descriptors_of(task);
  leave_memory_out_of_core_files();
  serve(&front);
}
