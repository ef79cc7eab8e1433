/*
 * How many parts a text becomes on a phone network (3GPP TS 23.038, 23.040): GSM-7 when every character is in its
 * basic or extension table, else UCS-2; 160 or 70 units alone, 153 or 67 each when concatenated.
 */
#ifndef MSG_SMS_H
#define MSG_SMS_H

#include <stdbool.h>

struct sms_count {
	bool gsm7;
	unsigned units;         /* septets or UTF-16 units */
	unsigned segments;      /* at least 1 */
};

/* `text` is UTF-8. */
void sms_count(const char *text, struct sms_count *ret_count);
unsigned sms_segments(const char *text);

#endif
