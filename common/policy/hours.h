/*
 * Hours in which a message may arrive: rows of data/hours.tsv, which are law or the operators' rules, those of a policy,
 * as msg-policy(5) has them, and the quiet hours that somebody wants (wishes.h), by the clock of the recipient (place.h).
 * Every row that holds where the recipient is, for the message's purpose and channel, must be open, by every clock that
 * may be theirs. The instant asked about is the caller's: nothing here looks at a clock.
 */
#ifndef MSG_HOURS_H
#define MSG_HOURS_H

#include "common/buf.h"
#include "common/config/yaml.h"
#include "common/line/words.h"
#include "common/policy/caps.h"
#include "common/policy/hours_week.h"
#include "common/policy/place.h"

#define HOURS_PURPOSES (PURPOSE_EMERGENCY + 1)

struct hours;

struct hours *hours_new(void); /* with the rows of the table */
void hours_free(struct hours *h);

/* The section `hours` of a policy, or NULL. Files in it lie beside the policy. EX_CONFIG with file, line and key. */
int hours_read(struct hours *h, const json_t *section, const struct yaml *y, struct err *e);

struct hours_question {
	const json_t *recipient;        /* or NULL */
	const struct address *address;  /* that is written to, or NULL */
	const char *channel;
	enum purpose purpose;
	enum urgency urgency;
	int64_t now_ms;
	const struct place *place;      /* where that is (hours_place), by who asks more than once; or NULL */
	bool brief;                     /* nobody reads the text of what is held */
};

/* Where the recipient is; of whom nothing is known, where the policy takes them to be. */
void hours_place(struct hours *h, const json_t *recipient, const struct address *address, struct place *ret_place);

enum hours_verdict {
	HOURS_OPEN,
	HOURS_HELD,                     /* until opens_ms */
	HOURS_SHUT,                     /* no hour is open as far as anybody looks */
};

struct hours_answer {
	enum hours_verdict verdict;
	const char *bypass;             /* open, though a row is closed: because of this, "otp", "emergency" or "critical"; else NULL */
	int64_t opens_ms;               /* HOURS_HELD, or what a bypass would have waited for (HOURS_NEVER too) */
	const char *row;                /* the row that opens last; NULL: no row is closed */
	const char *source;             /* of the row: the law, or NULL */
	const char *zone;               /* the clock that it is closed by, "" for a fixed one; the hours' own */
	const char *version;            /* of the tables: "2026-11, tzdata 2026f" */
	enum place_by by;               /* what told the zone */
	bool digest;                    /* what waits here is to be sent as one message */
	char text[200];                 /* for a person: "quiet hours of US-FL (08:00-20:00, America/New_York) until 2026-11-28T13:00Z" */
};

void hours_ask(struct hours *h, const struct hours_question *q, struct hours_answer *ret_answer);

/* Whether what waits is to be sent as one message. */
bool hours_digest(const struct hours *h, enum purpose purpose);

/* Whether anything can be closed for that purpose: so that what is never held costs nothing. */
bool hours_concern(const struct hours *h, enum purpose purpose);

/* The same for one recipient, who may have hours of rest of their own. */
bool hours_concern_one(const struct hours *h, const struct hours_question *q);

/* The names of the rows that hold there, closed or not, for an explanation; up to `most`. Returns how many. */
size_t hours_rows(struct hours *h, const struct hours_question *q, const char **ret_rows, size_t most);

/* {"row","zone","by","until","bypass","version"}: of an answer with a row, for a plan or a receipt; appended as JSON text. */
void hours_note(const struct hours_answer *a, struct buf *b);

/*
 * How often the law lets somebody be written to, for the rows that hold there. `topic`: only messages of the same topic
 * count together. Returns how many of `ret_caps` (up to `most`) were filled.
 */
struct hours_cap {
	const char *row;
	unsigned count;
	int64_t within_ms;
	bool by_topic;
	char channel[32];               /* that it counts alone; "": all that the row is about */
};
size_t hours_caps(struct hours *h, const struct hours_question *q, struct hours_cap *ret_caps, size_t most);

/* Whether the law counts messages of that purpose, so that they must be noted when they leave (common/store/sent.h). */
bool hours_count(const struct hours *h, enum purpose purpose);

/* Those caps, as caps_ask answers for the policy's own; `c` is the same leg (common/policy/hours_caps.c). */
int hours_ask_caps(struct hours *h, struct store *s, const struct hours_question *q, const struct caps_question *c,
    struct caps_answer *ret_answer, struct err *e);

/* How many rows of the policy there are. */
size_t hours_own_count(const struct hours *h);

#endif
