/*
 * Telephone numbers in E.164, judged by the numbering plans in data/e164.tsv and data/nanp.tsv: does the calling code
 * exist, is the national number of a length its region uses, and which region is it.
 */
#ifndef MSG_PHONE_H
#define MSG_PHONE_H

#include "common/err.h"

#define PHONE_SIZE 17           /* '+', 15 digits, NUL */

struct phone {
	char number[PHONE_SIZE];        /* "+15551230001" */
	char region[3];                 /* ISO 3166-1 alpha-2; "" for a code without a region (+800, +870, …) */
	unsigned code_digits;           /* how many digits the calling code has */
};

/*
 * Reads "+1 (555) 123-0001": a plus, digits, and spaces, dots, dashes, slashes and parentheses between them.
 * EX_DATAERR: "not a phone number", "no such calling code", "too short for US (10 digits)", …
 */
int phone_parse(const char *text, struct phone *ret_phone, struct err *e);

#endif
