/*
 * Which senders a country lets through, by data/sender-id.tsv: a name in place of a number (an alphanumeric sender id),
 * and numbers of the long kind.
 */
#ifndef MSG_SENDER_ID_H
#define MSG_SENDER_ID_H

#include <stdbool.h>

enum sender_id {
	SENDER_ID_UNKNOWN,      /* no row */
	SENDER_ID_YES,
	SENDER_ID_REGISTERED,   /* once it has been registered there */
	SENDER_ID_NO,
};

/* Of a region ("ES"); "" has no row. */
enum sender_id sender_id_names(const char *region);

/* True where the table says that numbers of the long kind are not let through. */
bool sender_id_no_numbers(const char *region);

/* A sender that is a name: 1 to 11 characters of which one is a letter, without "@" or ":". */
bool sender_id_is_name(const char *from);

#endif
