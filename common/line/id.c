#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/id.h"
#include "common/line/when.h"

#include "common/banned.h"

static void random_bytes(uint8_t *out, size_t len)
{
	static uint8_t pool[250];
	static size_t left;

	if (left < len) {
		if (getentropy(pool, sizeof(pool)) < 0)
			abort();
		left = sizeof(pool);
	}
	left -= len;
	memcpy(out, pool + left, len);
}

/* Adds one to the random part; a clock that stands still then still yields ascending ids. */
static void increment(uint8_t random[10])
{
	for (int i = 9; i >= 0 && ++random[i] == 0; i--)
		;
}

void id_new(char ret_id[ID_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	static int64_t last_ms = -1;
	static uint8_t random[10];
	int64_t now = when_now_ms();
	uint8_t raw[17] = {0};  /* 2 zero bits, then 128: 26 digits of 5 bits make 130 */
	unsigned bits = 0, have = 2;
	size_t at = 0;

	if (now > last_ms) {
		last_ms = now;
		random_bytes(random, sizeof(random));
		random[0] &= 0x7f;      /* leaves room to increment */
	} else {
		increment(random);
	}
	for (int i = 0; i < 6; i++)
		raw[i] = (uint8_t)((uint64_t)last_ms >> (40 - 8 * i));
	memcpy(raw + 6, random, sizeof(random));
	for (int i = 0; i < 26; i++) {
		if (have < 5) {
			bits = bits << 8 | raw[at++];
			have += 8;
		}
		ret_id[i] = digits[bits >> (have - 5) & 31];
		have -= 5;
	}
	ret_id[26] = '\0';
}

bool id_valid(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > ID_BYTES)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

bool id_contact(const char *id, char ret_text[ID_CONTACT])
{
	static const char scheme[] = "contact:";
	size_t len = strlen(id);

	if (len > ID_BYTES)
		return false;
	memcpy(ret_text, scheme, sizeof(scheme) - 1);
	memcpy(ret_text + sizeof(scheme) - 1, id, len + 1);
	return true;
}
