/*
 * A quick reader for the JSON that lines are made of. It takes nothing that jansson would refuse and makes the same
 * value of it; what it is not sure about (an error, a number out of the ordinary, deep nesting) it leaves to jansson.
 */
#ifndef MSG_QUICK_H
#define MSG_QUICK_H

#include <jansson.h>

/* A new reference to the object or array in `text`, which has nothing else in it but blanks; NULL: ask jansson. */
json_t *quick_parse(const char *text, size_t len);

#endif
