#include <stdio.h>

#include "common/compat.h"
#include "common/provider/twilio.h"

#include "common/banned.h"

/* https://www.twilio.com/docs/api/errors; what is not here is judged by its HTTP status. */
static const struct {
	long code;
	enum failure failure;
	bool retry;
} errors[] = {
    {13223, FAILURE_INVALID_ADDRESS, false},
    {13224, FAILURE_INVALID_ADDRESS, false},
    {13225, FAILURE_POLICY, false},
    {13227, FAILURE_POLICY, false},
    {14107, FAILURE_RATE, true},
    {20003, FAILURE_AUTH, false},
    {20005, FAILURE_AUTH, false},               /* account not active */
    {20429, FAILURE_RATE, true},
    {21210, FAILURE_PROVIDER, false},           /* caller id not verified */
    {21211, FAILURE_INVALID_ADDRESS, false},
    {21212, FAILURE_PROVIDER, false},
    {21214, FAILURE_INVALID_ADDRESS, false},
    {21215, FAILURE_POLICY, false},             /* region not enabled for calls */
    {21216, FAILURE_POLICY, false},
    {21217, FAILURE_INVALID_ADDRESS, false},
    {21219, FAILURE_POLICY, false},
    {21401, FAILURE_INVALID_ADDRESS, false},
    {21408, FAILURE_POLICY, false},             /* region not enabled */
    {21601, FAILURE_PROVIDER, false},
    {21602, FAILURE_CONTENT, false},
    {21603, FAILURE_PROVIDER, false},
    {21604, FAILURE_INVALID_ADDRESS, false},
    {21605, FAILURE_CONTENT, false},
    {21606, FAILURE_PROVIDER, false},           /* sender cannot send, and others like it: another account may */
    {21607, FAILURE_PROVIDER, false},
    {21608, FAILURE_POLICY, false},             /* trial account, number not verified */
    {21609, FAILURE_PROVIDER, false},           /* status_callback */
    {21610, FAILURE_OPTED_OUT, false},
    {21611, FAILURE_RATE, true},                /* sender's queue is full */
    {21612, FAILURE_UNREACHABLE, false},
    {21614, FAILURE_INVALID_ADDRESS, false},
    {21616, FAILURE_PROVIDER, false},
    {21617, FAILURE_CONTENT, false},
    {21618, FAILURE_CONTENT, false},
    {21619, FAILURE_CONTENT, false},
    {21620, FAILURE_CONTENT, false},
    {21621, FAILURE_PROVIDER, false},           /* the sender has no MMS */
    {21622, FAILURE_PROVIDER, false},
    {21623, FAILURE_CONTENT, false},
    {21624, FAILURE_CONTENT, false},
    {21654, FAILURE_CONTENT, false},
    {21655, FAILURE_CONTENT, false},            /* no such template of this account, and its variables */
    {21656, FAILURE_CONTENT, false},
    {21658, FAILURE_CONTENT, false},
    {21701, FAILURE_PROVIDER, false},
    {21702, FAILURE_PROVIDER, false},
    {21703, FAILURE_PROVIDER, false},
    {21704, FAILURE_PROVIDER, false},
    {21705, FAILURE_PROVIDER, false},
    {21709, FAILURE_PROVIDER, false},
    {21712, FAILURE_PROVIDER, false},
    {30001, FAILURE_PROVIDER, true},
    {30002, FAILURE_AUTH, false},               /* account suspended */
    {30003, FAILURE_UNREACHABLE, false},
    {30004, FAILURE_CONTENT, false},
    {30005, FAILURE_INVALID_ADDRESS, false},
    {30006, FAILURE_INVALID_ADDRESS, false},    /* a landline */
    {30007, FAILURE_CONTENT, false},            /* filtered */
    {30008, FAILURE_PROVIDER, false},
    {30010, FAILURE_POLICY, false},             /* dearer than allowed */
    {30011, FAILURE_UNREACHABLE, false},        /* no MMS there */
    {30012, FAILURE_CONTENT, false},
    {30013, FAILURE_CONTENT, false},
    {30014, FAILURE_INVALID_ADDRESS, false},
    {30016, FAILURE_PROVIDER, false},
    {30017, FAILURE_PROVIDER, true},
    {30018, FAILURE_PROVIDER, false},
    {30019, FAILURE_CONTENT, false},
    {30022, FAILURE_RATE, true},
    {30023, FAILURE_RATE, false},
    {30024, FAILURE_PROVIDER, false},
    {30027, FAILURE_RATE, false},
    {30032, FAILURE_PROVIDER, false},
    {30034, FAILURE_PROVIDER, false},           /* 10DLC not registered */
    {30410, FAILURE_TIMEOUT, true},
    {60410, FAILURE_POLICY, false},
    {63001, FAILURE_PROVIDER, false},
    {63002, FAILURE_PROVIDER, false},
    {63003, FAILURE_INVALID_ADDRESS, false},
    {63005, FAILURE_CONTENT, false},
    {63006, FAILURE_CONTENT, false},
    {63007, FAILURE_PROVIDER, false},
    {63008, FAILURE_PROVIDER, false},
    {63009, FAILURE_PROVIDER, true},
    {63010, FAILURE_PROVIDER, true},
    {63012, FAILURE_PROVIDER, true},
    {63013, FAILURE_CONTENT, false},
    {63014, FAILURE_OPTED_OUT, false},          /* blocked by the user */
    {63015, FAILURE_POLICY, false},
    {63016, FAILURE_POLICY, false},             /* outside the conversation window: needs a template */
    {63017, FAILURE_RATE, true},
    {63018, FAILURE_RATE, true},
    {63019, FAILURE_CONTENT, false},
    {63020, FAILURE_PROVIDER, false},
    {63021, FAILURE_CONTENT, false},
    {63022, FAILURE_PROVIDER, false},
    {63023, FAILURE_PROVIDER, false},
    {63024, FAILURE_INVALID_ADDRESS, false},
    {63026, FAILURE_CONTENT, false},
    {63027, FAILURE_CONTENT, false},
    {63028, FAILURE_CONTENT, false},
    {63030, FAILURE_CONTENT, false},
    {63031, FAILURE_INVALID_ADDRESS, false},
    {63032, FAILURE_UNREACHABLE, false},
    {63033, FAILURE_OPTED_OUT, false},
    {63034, FAILURE_CONTENT, false},
    {63035, FAILURE_UNREACHABLE, false},
    {63036, FAILURE_UNREACHABLE, false},
    {63037, FAILURE_CONTENT, false},
    {63038, FAILURE_RATE, false},
    {63041, FAILURE_CONTENT, false},            /* template paused */
};

void twilio_judge(struct verdict *v, long code, const char *text)
{
	enum status status = v->status;
	int64_t retry_after_ms = v->retry_after_ms;
	char word[24];

	snprintf(word, sizeof(word), "%ld", code);
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		if (errors[i].code == code) {
			v->failure = errors[i].failure;
			v->retry = errors[i].retry;
			break;
		}
	verdict_fail(v, v->failure ? v->failure : FAILURE_PROVIDER, v->retry, word, text);
	v->status = status;
	v->retry_after_ms = retry_after_ms;
}
