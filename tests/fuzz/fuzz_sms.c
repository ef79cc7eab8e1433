/* Text messages: the first byte says with which options, the rest is the text. */
#include <string.h>

#include "common/line/grapheme.h"
#include "common/sms/sms.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void cut(const char *text, const struct sms_options *o, struct sms_count *ret_count)
{
	unsigned units, sum = 0, parts = 0;
	const char *p = text;

	sms_count(text, o, ret_count);
	do {
		const char *end = sms_part(ret_count, o, p, &units);

		MUST((end > p || !*p) && units <= ret_count->capacity);
		sum += units;
		parts++;
		p = end;
	} while (*p);
	MUST(p == text + strlen(text) && parts == ret_count->segments && sum == ret_count->units);
	MUST(!ret_count->gsm7 || !sms_not_gsm7(text, o));
}

static void encode(const char *text, const struct sms_options *o, bool codes)
{
	struct sms_count count;
	struct buf b;

	buf_init(&b, 1u << 16);
	if (sms_smart(text, o, codes, &b)) {
		MUST(b.len == strlen(b.data) && strcmp(b.data, text) != 0);
		cut(b.data, o, &count);
		MUST(count.gsm7);
	} else {
		MUST(b.len == 0);
	}
	buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_options o = {.national = SMS_DEFAULT};
	struct sms_count count;
	char *text;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	o = (struct sms_options){(enum sms_national)(data[0] & 3), data[0] & 4, data[0] & 8};
	cut(text, &o, &count);
	encode(text, &o, data[0] & 16);
	for (const char *p = text; *p;) {
		size_t len = grapheme_len(p);

		MUST(len > 0 && len <= strlen(p));
		p += len;
	}
	free(text);
	return 0;
}
