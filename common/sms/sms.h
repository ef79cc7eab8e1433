/*
 * A text message as a phone network sees it (3GPP TS 23.038, 23.040): GSM-7 when every character is in its alphabet, else
 * UCS-2, which is UTF-16; 140 octets a part, of which a header takes some when there are several parts. A pure library:
 * what it counts is what is paid for.
 *
 * All texts are UTF-8; what is not valid counts as U+FFFD.
 */
#ifndef MSG_SMS_H
#define MSG_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define SMS_SEGMENTS 255                /* that a header can number */

/* Whose national shift tables may be used beside the default alphabet. Few providers and not all phones know them. */
enum sms_national {
	SMS_DEFAULT,
	SMS_TURKISH,
	SMS_SPANISH,
	SMS_PORTUGUESE,
};

/* "tr", "es", "pt" as in the configuration; -1. */
int sms_national_parse(const char *word);

struct sms_options {
	enum sms_national national;
	bool wide_reference;            /* parts are tied together by a number of 16 bits, which takes one octet more */
	bool whole_clusters;            /* what a person sees as one character stays in one part where it can */
};

/* How a text goes out. */
struct sms_count {
	bool gsm7;
	bool single_shift, locking_shift;       /* national tables in use */
	unsigned units;                 /* of all: septets (two for an extended character), or UTF-16 units */
	unsigned segments;              /* at least 1 */
	unsigned capacity;              /* units that a part holds */
};

/* `o` may be NULL: the default alphabet, references of 8 bits. */
void sms_count(const char *text, const struct sms_options *o, struct sms_count *ret_count);
unsigned sms_segments(const char *text);        /* by the default options */

/*
 * Where the part ends that begins at `text`, some way into what `c` was counted of; its units in *ret_units. Neither an
 * extended character nor a surrogate pair is torn apart. From one end to the next, the parts are the text.
 */
const char *sms_part(const struct sms_count *c, const struct sms_options *o, const char *text, unsigned *ret_units);

/* The first character from `text` on that is in none of the alphabets, and so forces UCS-2; NULL. */
const char *sms_not_gsm7(const char *text, const struct sms_options *o);

/*
 * Smart encoding: typographic characters become what GSM-7 has ("’" an apostrophe, "…" three dots, NBSP a space), letters
 * and their combining marks one letter, CR LF one LF. Appends to `b` and returns true only when that changes something
 * and the result goes out in GSM-7. A URL keeps every character, and so does, with `codes`, the part of a word from its
 * first letter or digit to its last when there is a digit in it (one-time codes).
 */
bool sms_smart(const char *text, const struct sms_options *o, bool codes, struct buf *b);

#endif
