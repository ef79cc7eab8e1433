/*
 * Identifiers: strings of 1 to ID_BYTES printable ASCII bytes or UTF-8. Those the programs make are ULIDs
 * (26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits), in ascending order within a process.
 */
#ifndef MSG_ID_H
#define MSG_ID_H

#include <stdbool.h>

#define ID_BYTES 64
#define ID_SIZE 27      /* a ULID and its NUL */

void id_new(char ret_id[ID_SIZE]);
bool id_valid(const char *text);        /* 1 to ID_BYTES bytes, no control bytes */

/* A contact's id where an address may stand as well: "contact:ID". False: the id is too long. */
#define ID_CONTACT (sizeof("contact:") + ID_BYTES)
bool id_contact(const char *id, char ret_text[ID_CONTACT]);

#endif
