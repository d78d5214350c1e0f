/*
 * A reader of JSON (RFC 8259) that makes nothing of a text but the places in it. What JSON.parse takes and a
 * daemon never sends is refused too: half of a surrogate pair, and nesting without end.
 */
#include <stdint.h>

#include "json.h"

enum { MOST_LEVELS = 32, ESCAPED_UNIT = 6 };

struct reader {
  const unsigned char *at;
  const unsigned char *end;
};

static bool skip_value(struct reader *reader, int levels);

static struct reader reader_of(struct span text) {
  const unsigned char *at = (const unsigned char *)text.at;
  return (struct reader){at, at + text.length};
}

static bool is_over(const struct reader *reader) {
  return reader->at == reader->end;
}

static void skip_blanks(struct reader *reader) {
  while (!is_over(reader) && memchr(" \t\r\n", *reader->at, 4) != NULL) reader->at++;
}

static bool take(struct reader *reader, unsigned char byte) {
  if (is_over(reader) || *reader->at != byte) return false;
  reader->at++;
  return true;
}

static bool take_word(struct reader *reader, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return false;
  reader->at += length;
  return true;
}

static bool is_digit(int byte) {
  return byte >= '0' && byte <= '9';
}

static bool skip_digits(struct reader *reader) {
  const unsigned char *from = reader->at;
  while (!is_over(reader) && is_digit(*reader->at)) reader->at++;
  return reader->at > from;
}

static bool skip_number(struct reader *reader) {
  take(reader, '-');
  if (!take(reader, '0') && !skip_digits(reader)) return false;
  if (take(reader, '.') && !skip_digits(reader)) return false;
  if (!take(reader, 'e') && !take(reader, 'E')) return true;
  if (!take(reader, '+')) take(reader, '-');
  return skip_digits(reader);
}

static int value_of_digit(unsigned char byte) {
  if (is_digit(byte)) return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

/* The unit of UTF-16 that four hexadecimal digits stand for, -1 if they are none. */
static int32_t read_unit(const unsigned char *digits) {
  int32_t unit = 0;
  for (int place = 0; place < 4; place++) {
    int value = value_of_digit(digits[place]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

static bool is_high_half(int32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_half(int32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* `\uXXXX`, after the backslash: -1 if it is not there. */
static int32_t take_unit(struct reader *reader) {
  if (reader->end - reader->at < ESCAPED_UNIT - 1 || reader->at[0] != 'u') return -1;
  int32_t unit = read_unit(reader->at + 1);
  reader->at += ESCAPED_UNIT - 1;
  return unit;
}

static bool skip_escape(struct reader *reader) {
  if (is_over(reader)) return false;
  if (*reader->at != 'u') return memchr("\"\\/bfnrt", *reader->at++, 8) != NULL;
  int32_t unit = take_unit(reader);
  if (unit < 0 || is_low_half(unit)) return false;
  return !is_high_half(unit) || (take(reader, '\\') && is_low_half(take_unit(reader)));
}

/* The second byte of a character has a narrower range where it would be too long, half of a pair, or beyond
 * Unicode. */
static bool is_second_byte(unsigned char first, unsigned char second) {
  unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= lowest && second <= highest;
}

/* One character of UTF-8 (RFC 3629, section 4). */
static bool skip_character(struct reader *reader) {
  unsigned char first = *reader->at;
  ptrdiff_t length = first < 0x80   ? 1
                     : first < 0xC2 ? 0
                     : first < 0xE0 ? 2
                     : first < 0xF0 ? 3
                     : first < 0xF5 ? 4
                                    : 0;
  if (length == 0 || reader->end - reader->at < length) return false;
  if (length > 1 && !is_second_byte(first, reader->at[1])) return false;
  for (ptrdiff_t place = 2; place < length; place++) {
    if ((reader->at[place] & 0xC0) != 0x80) return false;
  }
  reader->at += length;
  return true;
}

bool utf8_is_valid(struct span text) {
  struct reader reader = reader_of(text);
  while (!is_over(&reader)) {
    if (!skip_character(&reader)) return false;
  }
  return true;
}

bool has_control(struct span text) {
  for (size_t place = 0; place < text.length; place++) {
    unsigned char byte = (unsigned char)text.at[place];
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && place + 1 < text.length && (unsigned char)text.at[place + 1] < 0xA0) return true;
  }
  return false;
}

static bool skip_string(struct reader *reader) {
  if (!take(reader, '"')) return false;
  while (!is_over(reader)) {
    if (take(reader, '"')) return true;
    if (*reader->at < 0x20) return false;
    if (take(reader, '\\') ? !skip_escape(reader) : !skip_character(reader)) return false;
  }
  return false;
}

static bool skip_name(struct reader *reader) {
  skip_blanks(reader);
  if (!skip_string(reader)) return false;
  skip_blanks(reader);
  return take(reader, ':');
}

/* What is between brackets or braces, and the one that closes it. */
static bool skip_list(struct reader *reader, bool has_names, int levels) {
  unsigned char close = has_names ? '}' : ']';
  skip_blanks(reader);
  if (take(reader, close)) return true;
  do {
    if (has_names && !skip_name(reader)) return false;
    if (!skip_value(reader, levels)) return false;
  } while (take(reader, ','));
  return take(reader, close);
}

/* Calls itself for each level, and so no deeper than `levels`. */
static bool skip_value(struct reader *reader, int levels) {
  if (levels == 0) return false;
  skip_blanks(reader);
  if (is_over(reader)) return false;
  bool is_there;
  switch (*reader->at) {
    case '{':
      reader->at++;
      is_there = skip_list(reader, true, levels - 1);
      break;
    case '[':
      reader->at++;
      is_there = skip_list(reader, false, levels - 1);
      break;
    case '"': is_there = skip_string(reader); break;
    case 't': is_there = take_word(reader, "true"); break;
    case 'f': is_there = take_word(reader, "false"); break;
    case 'n': is_there = take_word(reader, "null"); break;
    default: is_there = skip_number(reader);
  }
  skip_blanks(reader);
  return is_there;
}

static struct span span_between(const unsigned char *from, const unsigned char *to) {
  return (struct span){(const char *)from, (size_t)(to - from)};
}

bool json_is_valid(struct span text) {
  struct reader reader = reader_of(text);
  return skip_value(&reader, MOST_LEVELS) && is_over(&reader);
}

static struct span take_value(struct reader *reader) {
  skip_blanks(reader);
  const unsigned char *from = reader->at;
  skip_value(reader, MOST_LEVELS);
  const unsigned char *to = reader->at;
  while (to > from && memchr(" \t\r\n", to[-1], 4) != NULL) to--;
  return span_between(from, to);
}

/* Goes to the next member. A name that is written with escapes is not recognized: no daemon writes one so. */
static bool take_member(struct reader *reader, struct span *name, struct span *value) {
  skip_blanks(reader);
  if (!take(reader, '{') && !take(reader, ',')) return false;
  skip_blanks(reader);
  if (is_over(reader) || *reader->at == '}') return false;
  const unsigned char *from = reader->at + 1;
  skip_string(reader);
  *name = span_between(from, reader->at - 1);
  skip_blanks(reader);
  take(reader, ':');
  *value = take_value(reader);
  return true;
}

bool json_member(struct span object, const char *name, struct span *value) {
  struct reader reader = reader_of(object);
  struct span named, found;
  int count = 0;
  while (take_member(&reader, &named, &found)) {
    if (memchr(named.at, '\\', named.length) != NULL) return false;
    if (!span_is(named, name)) continue;
    *value = found;
    count++;
  }
  return count == 1;
}

bool json_has(struct span object, const char *name) {
  struct reader reader = reader_of(object);
  struct span named, value;
  while (take_member(&reader, &named, &value)) {
    if (span_is(named, name) || memchr(named.at, '\\', named.length) != NULL) return true;
  }
  return false;
}

size_t json_count_members(struct span object) {
  struct reader reader = reader_of(object);
  struct span name, value;
  size_t count = 0;
  while (take_member(&reader, &name, &value)) count++;
  return count;
}

bool json_next_item(struct span *next, struct span *item) {
  struct reader reader = reader_of(*next);
  if (!take(&reader, '[') && !take(&reader, ',')) return false;
  skip_blanks(&reader);
  if (is_over(&reader) || *reader.at == ']') return false;
  *item = take_value(&reader);
  skip_blanks(&reader);
  *next = span_between(reader.at, reader.end);
  return true;
}

static char *write_character(uint32_t character, char *to) {
  if (character < 0x80) {
    *to++ = (char)character;
    return to;
  }
  if (character < 0x800) {
    *to++ = (char)(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    *to++ = (char)(0xE0 | character >> 12);
    *to++ = (char)(0x80 | (character >> 6 & 0x3F));
  } else {
    *to++ = (char)(0xF0 | character >> 18);
    *to++ = (char)(0x80 | (character >> 12 & 0x3F));
    *to++ = (char)(0x80 | (character >> 6 & 0x3F));
  }
  *to++ = (char)(0x80 | (character & 0x3F));
  return to;
}

/* The character that an escape stands for, after its backslash. */
static uint32_t take_escape(struct reader *reader) {
  static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  if (*reader->at != 'u') {
    unsigned char letter = *reader->at++;
    const char *known = memchr(letters, letter, sizeof letters - 1);
    return known == NULL ? letter : (uint32_t)meanings[known - letters];
  }
  uint32_t unit = (uint32_t)take_unit(reader);
  if (!is_high_half((int32_t)unit)) return unit;
  take(reader, '\\');
  uint32_t low = (uint32_t)take_unit(reader);
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

size_t json_unescape(struct span string, char *text) {
  struct reader reader = reader_of((struct span){string.at + 1, string.length - 2});
  char *to = text;
  while (!is_over(&reader)) {
    const unsigned char *escape = memchr(reader.at, '\\', (size_t)(reader.end - reader.at));
    const unsigned char *plain_end = escape == NULL ? reader.end : escape;
    size_t plain = (size_t)(plain_end - reader.at);
    memcpy(to, reader.at, plain);
    to += plain;
    reader.at = plain_end;
    if (take(&reader, '\\')) to = write_character(take_escape(&reader), to);
  }
  return (size_t)(to - text);
}

static bool begins_with(struct span value, char first) {
  return value.length > 0 && value.at[0] == first;
}

bool json_is_string(struct span value) {
  return begins_with(value, '"');
}

bool json_is_object(struct span value) {
  return begins_with(value, '{');
}

bool json_is_array(struct span value) {
  return begins_with(value, '[');
}
