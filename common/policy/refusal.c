#include <stdio.h>
#include <string.h>

#include "common/policy/refusal.h"

#include "common/banned.h"

void refusal_say(struct gate_answer *a, enum failure failure, const char *code, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(a->text)) {
		len = sizeof(a->text) - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	*a = (struct gate_answer){.failure = failure};
	snprintf(a->code, sizeof(a->code), "%s", code);
	memcpy(a->text, text, len);
}

enum status refusal_status(const struct gate_answer *a)
{
	bool failed = a->failure == FAILURE_UNREACHABLE || a->failure == FAILURE_CONTENT ||
	    a->failure == FAILURE_INVALID_ADDRESS || strcmp(a->code, "no-account") == 0;

	return failed ? STATUS_FAILED : STATUS_BLOCKED;
}
