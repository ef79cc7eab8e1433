/* The GSM 7-bit alphabets, for this folder alone. */
#ifndef MSG_GSM7_H
#define MSG_GSM7_H

#include "common/sms/sms.h"

/* A default or locking table (one septet) and an extension or single shift table (two). */
struct gsm7_alphabet {
	unsigned one, two;
	bool single_shift, locking_shift;
};

/* The alphabets to choose from, the cheapest first. */
size_t gsm7_alphabets(enum sms_national national, const struct gsm7_alphabet **ret_list);

/* Septets of a character; 0: the alphabet does not have it. */
unsigned gsm7_septets(const struct gsm7_alphabet *a, uint32_t code);

/* Over characters of ASCII that the alphabet has: *ret_septets of them all. Returns where the rest begins. */
const char *gsm7_skip_ascii(const struct gsm7_alphabet *a, const char *text, unsigned *ret_septets);

/* In any of the alphabets to choose from. */
bool gsm7_has(enum sms_national national, uint32_t code);

#endif
