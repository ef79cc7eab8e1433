#include <string.h>

#include "common/compat.h"
#include "common/line/words.h"

#include "common/banned.h"

static int find(const char *const *words, int count, const char *word)
{
	for (int i = 0; i < count; i++)
		if (words[i] && strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static const char *const statuses[] = {
    [STATUS_QUEUED] = "queued",
    [STATUS_HELD] = "held",
    [STATUS_UNKNOWN] = "unknown",
    [STATUS_ACCEPTED] = "accepted",
    [STATUS_SENT] = "sent",
    [STATUS_DELIVERED] = "delivered",
    [STATUS_READ] = "read",
    [STATUS_CLICKED] = "clicked",
    [STATUS_ANSWERED] = "answered",
    [STATUS_FAILED] = "failed",
    [STATUS_UNDELIVERED] = "undelivered",
    [STATUS_BLOCKED] = "blocked",
    [STATUS_EXPIRED] = "expired",
    [STATUS_CANCELED] = "canceled",
    [STATUS_DUPLICATE] = "duplicate",
};

int status_parse(const char *word)
{
	return find(statuses, COUNT_OF(statuses), word);
}

const char *status_name(enum status s)
{
	return statuses[s];
}

bool status_bad(enum status s)
{
	return s >= STATUS_FAILED;
}

bool status_final(enum status s)
{
	return s >= STATUS_DELIVERED;
}

enum status status_advance(enum status now, enum status news)
{
	if (status_bad(now))
		return !status_bad(news) && news >= STATUS_DELIVERED ? news : now;
	if (status_bad(news))
		return now >= STATUS_DELIVERED ? now : news;
	return news > now ? news : now;
}

static const char *const purposes[] = {
    [PURPOSE_OTP] = "otp",
    [PURPOSE_TRANSACTIONAL] = "transactional",
    [PURPOSE_SERVICE] = "service",
    [PURPOSE_MARKETING] = "marketing",
    [PURPOSE_EMERGENCY] = "emergency",
};

int purpose_parse(const char *word)
{
	return find(purposes, COUNT_OF(purposes), word);
}

const char *purpose_name(enum purpose p)
{
	return purposes[p];
}

static const char *const urgencies[] = {
    [URGENCY_LOW] = "low",
    [URGENCY_NORMAL] = "normal",
    [URGENCY_HIGH] = "high",
    [URGENCY_CRITICAL] = "critical",
};

int urgency_parse(const char *word)
{
	return find(urgencies, COUNT_OF(urgencies), word);
}

const char *urgency_name(enum urgency u)
{
	return urgencies[u];
}

static const char *const qualities[] = {
    [QUALITY_REACH] = "reach",
    [QUALITY_RELIABLE] = "reliable",
    [QUALITY_URGENT] = "urgent",
    [QUALITY_APP] = "app",
    [QUALITY_SOCIAL] = "social",
    [QUALITY_RICH] = "rich",
    [QUALITY_ENGAGING] = "engaging",
    [QUALITY_PRIVATE] = "private",
    [QUALITY_TWO_WAY] = "two-way",
    [QUALITY_CHEAP] = "cheap",
    [QUALITY_CALM] = "calm",
};

int quality_parse(const char *word)
{
	return find(qualities, COUNT_OF(qualities), word);
}

const char *quality_name(enum quality q)
{
	return qualities[q];
}

static const char *const failures[] = {
    [FAILURE_NONE] = NULL,
    [FAILURE_INVALID_ADDRESS] = "invalid-address",
    [FAILURE_UNREACHABLE] = "unreachable",
    [FAILURE_OPTED_OUT] = "opted-out",
    [FAILURE_CONTENT] = "content",
    [FAILURE_AUTH] = "auth",
    [FAILURE_RATE] = "rate",
    [FAILURE_PROVIDER] = "provider",
    [FAILURE_NETWORK] = "network",
    [FAILURE_TIMEOUT] = "timeout",
    [FAILURE_POLICY] = "policy",
};

int failure_parse(const char *word)
{
	return find(failures, COUNT_OF(failures), word);
}

const char *failure_name(enum failure f)
{
	return failures[f];
}

static const char *const on_unknowns[] = {
    [ON_UNKNOWN_ASK] = "ask",
    [ON_UNKNOWN_RESEND] = "resend",
    [ON_UNKNOWN_HOLD] = "hold",
};

int on_unknown_parse(const char *word)
{
	return find(on_unknowns, COUNT_OF(on_unknowns), word);
}
