/*
 * The closed vocabularies of msg(5) and their order. Each has a parser (-1 for a word that is not in it) and a name.
 */
#ifndef MSG_WORDS_H
#define MSG_WORDS_H

#include <stdbool.h>

/* What has become of one leg. The order up to STATUS_ANSWERED is the order of progress. */
enum status {
	STATUS_QUEUED,
	STATUS_HELD,            /* waits for its time, for allowed hours or for its leg's turn */
	STATUS_UNKNOWN,         /* the request left and no answer came */
	STATUS_ACCEPTED,        /* the provider took it */
	STATUS_SENT,
	STATUS_DELIVERED,
	STATUS_READ,
	STATUS_CLICKED,
	STATUS_ANSWERED,
	/* Ends without delivery. */
	STATUS_FAILED,
	STATUS_UNDELIVERED,
	STATUS_BLOCKED,
	STATUS_EXPIRED,
	STATUS_CANCELED,
	STATUS_DUPLICATE,
};

int status_parse(const char *word);
const char *status_name(enum status s);
bool status_bad(enum status s);         /* an end without delivery */

/* Nothing more is to come for the sender: a bad end, or delivered or beyond. */
bool status_final(enum status s);

/*
 * The status after news, whatever order the news arrives in: never backwards; a bad end replaces what is below
 * delivered, and delivered (or beyond) replaces a bad end.
 */
enum status status_advance(enum status now, enum status news);

enum purpose {
	PURPOSE_OTP,
	PURPOSE_TRANSACTIONAL,
	PURPOSE_SERVICE,
	PURPOSE_MARKETING,
	PURPOSE_EMERGENCY,
};

int purpose_parse(const char *word);
const char *purpose_name(enum purpose p);

enum urgency {
	URGENCY_LOW,
	URGENCY_NORMAL,
	URGENCY_HIGH,
	URGENCY_CRITICAL,
};

int urgency_parse(const char *word);
const char *urgency_name(enum urgency u);

/* What a message may need of its channel, and a channel gives. */
enum quality {
	QUALITY_REACH,
	QUALITY_RELIABLE,
	QUALITY_URGENT,
	QUALITY_APP,
	QUALITY_SOCIAL,
	QUALITY_RICH,
	QUALITY_ENGAGING,
	QUALITY_PRIVATE,
	QUALITY_TWO_WAY,
	QUALITY_CHEAP,
	QUALITY_CALM,
};

#define QUALITIES (QUALITY_CALM + 1)

int quality_parse(const char *word);
const char *quality_name(enum quality q);

/* Why a leg failed: `error.class` of a receipt. */
enum failure {
	FAILURE_NONE,
	FAILURE_INVALID_ADDRESS,
	FAILURE_UNREACHABLE,
	FAILURE_OPTED_OUT,
	FAILURE_CONTENT,
	FAILURE_AUTH,
	FAILURE_RATE,
	FAILURE_PROVIDER,
	FAILURE_NETWORK,
	FAILURE_TIMEOUT,
	FAILURE_POLICY,
};

int failure_parse(const char *word);
const char *failure_name(enum failure f);       /* NULL for FAILURE_NONE */

/* What to do with a leg whose request left and got no answer. */
enum on_unknown {
	ON_UNKNOWN_ASK,         /* the provider whether it has it */
	ON_UNKNOWN_RESEND,      /* once is enough, twice does no harm */
	ON_UNKNOWN_HOLD,        /* leave it until a receipt tells */
};

int on_unknown_parse(const char *word);

#endif
