#ifndef SIGILFORGE_JSON_H
#define SIGILFORGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

/*
 * Reads JSON where it lies. `json_is_valid` comes first: it is stricter than JSON.parse, never laxer. The
 * others take what it has passed, and the values that they found in it.
 */
bool json_is_valid(struct span text);

/* The value of one member, as it stands. False if there is none of this name, or more than one. */
bool json_member(struct span object, const char *name, struct span *value);

/* Whether a name stands among the members, or one that might be it. */
bool json_has(struct span object, const char *name);

size_t json_count_members(struct span object);

/* Walks over an array: begins with `next` at its text, and is true for each item. */
bool json_next_item(struct span *next, struct span *item);

/* The text of a string, at most as long as it stands there. */
size_t json_unescape(struct span string, char *text);

/* Whether a text is UTF-8, which every string of valid JSON is. */
bool utf8_is_valid(struct span text);

/* Whether a text has a control character, which would add headers or fields of its own: in UTF-8, Unicode's
 * Cc. */
bool has_control(struct span text);

bool json_is_string(struct span value);
bool json_is_object(struct span value);
bool json_is_array(struct span value);

#endif
