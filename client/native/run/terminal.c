/* The modes of the real terminal, and a pseudo-terminal in its place. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool open_pair(int *master, int *slave) {
  *master = posix_openpt(O_RDWR | O_NOCTTY);
  if (*master < 0) return false;
  if (grantpt(*master) != 0 || unlockpt(*master) != 0) return false;
  const char *name = ptsname(*master);
  if (name == NULL) return false;
  *slave = open(name, O_RDWR | O_NOCTTY);
  return *slave >= 0;
}

bool open_pseudo_terminal(int real, int *master, int *slave) {
  struct termios modes;
  struct winsize size;
  if (!open_pair(master, slave)) return false;
  if (tcgetattr(real, &modes) == 0) tcsetattr(*slave, TCSANOW, &modes);
  if (ioctl(real, TIOCGWINSZ, &size) == 0) ioctl(*slave, TIOCSWINSZ, &size);
  return fcntl(*master, F_SETFL, O_RDWR | O_NONBLOCK) == 0;
}

void copy_size(int real, int master) {
  struct winsize size;
  if (ioctl(real, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

bool set_output_processing(int master, bool on) {
  struct termios modes;
  if (tcgetattr(master, &modes) != 0 || ((modes.c_oflag & OPOST) != 0) == on) return false;
  modes.c_oflag ^= OPOST;
  return tcsetattr(master, TCSANOW, &modes) == 0;
}

bool is_in_foreground(int terminal) {
  pid_t foreground = tcgetpgrp(terminal);
  return foreground == getpgrp() || (foreground < 0 && errno == ENOTTY);
}

static bool are_same(const struct termios *one, const struct termios *other) {
  return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag && one->c_cflag == other->c_cflag &&
         one->c_lflag == other->c_lflag && memcmp(one->c_cc, other->c_cc, sizeof one->c_cc) == 0;
}

void make_raw(int terminal, struct modes *modes) {
  struct termios now;
  if (tcgetattr(terminal, &now) != 0) return;
  if (modes->is_raw && are_same(&now, &modes->raw)) return;
  modes->saved = now;
  modes->raw = now;
  cfmakeraw(&modes->raw);
  modes->is_raw = true;
  tcsetattr(terminal, TCSANOW, &modes->raw);
  /* What the system has made of them is what they are compared with. */
  tcgetattr(terminal, &modes->raw);
}

void make_usual(int terminal, struct modes *modes) {
  if (!modes->is_raw) return;
  tcsetattr(terminal, TCSANOW, &modes->saved);
  modes->is_raw = false;
}
