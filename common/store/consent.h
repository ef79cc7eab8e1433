/*
 * The consent ledger: append-only events, each carrying the BLAKE2b-256 hash of the one before it; checkpoints signed
 * with Ed25519. Beside it stands the state that follows from the events, so that a question is one indexed look-up.
 *
 * A subject is an address in its canonical form (address_subject) or "contact:ID". A channel or topic of NULL or "*"
 * means all. A no is lifted only by a later yes whose scope is equal or narrower: a yes to everything does not lift
 * the no to one topic. Having been asked (pending) lifts no no and takes back a yes.
 *
 * Events count by when they were said, not by when they were recorded: one that is older than what stands for its scope
 * is kept in the ledger and changes nothing. None counts as later than the moment it was recorded, and these moments
 * never go backwards along the ledger: a no that is recorded now always stands.
 */
#ifndef MSG_CONSENT_H
#define MSG_CONSENT_H

#include "common/store/store.h"

enum consent_state {
	CONSENT_NONE,           /* nothing known */
	CONSENT_PENDING,        /* asked, not answered */
	CONSENT_IN,
	CONSENT_OUT,
	CONSENT_PREFERENCE,     /* only of an event, like the next: how the person wants to be written to */
	CONSENT_ERASE,          /* the person was forgotten */
};

int consent_state_parse(const char *word);              /* -1 for a word that is none of these */
const char *consent_state_name(enum consent_state s);   /* "none", "pending", "in", "out", "preference", "erase" */

/* How much a yes is worth, in ascending order; for a requirement the first means that none is needed. */
enum consent_strength {
	CONSENT_UNSTATED,
	CONSENT_IMPLIED,        /* follows from a purchase, an inquiry, a published address */
	CONSENT_EXPLICIT,       /* said */
	CONSENT_DOUBLE,         /* said, and confirmed from the address itself */
};

int consent_strength_parse(const char *word);           /* -1 for a word that is none of "implied", "explicit", "double" */
const char *consent_strength_name(enum consent_strength s);     /* NULL for CONSENT_UNSTATED */

struct consent_event {
	char id[27];            /* filled when empty */
	const char *subject;
	const char *channel;    /* NULL: all */
	const char *topic;      /* NULL: all */
	enum consent_state state;
	/*
	 * Of a yes; CONSENT_UNSTATED is filled with CONSENT_EXPLICIT. CONSENT_DOUBLE of a question: whether they confirm the yes
	 * that stands, which it does not take back; unset where none does.
	 */
	enum consent_strength strength;
	const char *method;     /* "keyword", "web", "import", "cli", … or NULL */
	/* What proves it; each may be NULL. */
	const char *evidence;   /* the words used, the number of a call, … */
	const char *source;     /* BLAKE2b-256 of the line that it came from, hexadecimal */
	bool alike;             /* another line may have the same source: it has neither an id nor a time */
	const char *form;       /* the form's URL */
	const char *ip;         /* address that it was sent from */
	const char *code;       /* that confirmed a double opt-in */
	const char *jurisdiction;       /* whose law it was given under: "DE", "US-FL" */
	const char *basis;      /* legal basis: "consent", "contract", "legitimate-interest", … */
	const char *preference; /* of a preference: what it changes, JSON (common/line/preference.h); else NULL */
	/* Of the question what somebody meant (common/store/consent_doubt.h): */
	int64_t until_ms;       /* who has not answered by then is out of everything; else 0 */
	const char *contact;    /* "contact:ID", whose address it is; or NULL */
	int64_t time_ms;        /* when the person said it; 0 is filled with now */
	int64_t recorded_ms;    /* filled */
};

/*
 * Appends, wholly or not at all. In a transaction of the caller's or its own. EX_DATAERR: a yes after a no without a
 * proof of its own (evidence, form or code; not a line that proved an earlier yes); of somebody who was forgotten,
 * whatever is not such a yes or a no. A no of theirs is recorded without a word of whose it is.
 */
int consent_add(struct store *s, struct consent_event *event, struct err *e);

/*
 * Whether the same was recorded before: scope and state, from the same source (at the same time, unless that is 0) or at
 * the same time with the same words. 1, 0, -1.
 */
int consent_known(struct store *s, const struct consent_event *event, struct err *e);

/*
 * What stands for a subject on a channel and topic now. *ret_since_ms (may be NULL) is when that was said.
 * 0, or -1 when the store fails.
 */
int consent_look(struct store *s, const char *subject, const char *channel, const char *topic,
    enum consent_state *ret_state, int64_t *ret_since_ms, struct err *e);

/* The same with all that follows from it. */
struct consent_view {
	enum consent_state state;
	enum consent_strength strength; /* of a yes: the strongest that covers the question */
	int64_t since_ms;
	bool doubted;           /* pending because they have been asked whether it was a no (consent_doubt.h) */
};
int consent_view(struct store *s, const char *subject, const char *channel, const char *topic, struct consent_view *ret_view,
    struct err *e);

/*
 * Whether a subject may ever have said no: *ret_may false is certain, true means that consent_look knows. Worth asking
 * first where only a no counts: a process that asks a lot is told from memory. Within a transaction; outside of one the
 * answer is always true. 0, or -1 when the store fails.
 */
int consent_may_be_no(struct store *s, const char *subject, bool *ret_may, struct err *e);

/* Every event of a subject (NULL: all that were not forgotten), oldest first. `each` returns non-zero to stop. */
typedef int consent_each_fn(void *ctx, const struct consent_event *event);
int consent_each(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e);

/* What stands for each scope of a subject: of the event only scope, state, strength and time. `each` must not write. */
int consent_each_scope(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e);

/*
 * The questions that a subject has not answered by a yes that was said or a no: of the event only scope, strength (set where
 * a yes is to be confirmed) and time. Not the question what somebody meant (consent_doubt.h). `each` must not write.
 */
int consent_each_question(struct store *s, const char *subject, consent_each_fn *each, void *ctx, struct err *e);

/*
 * Where an implied yes is what stands (consent_view): each that counts for it, the latest first, taken back by no later
 * word. Of the event only subject, state, strength, time, basis and jurisdiction ("" for none). `each` must not write.
 */
int consent_each_implied(struct store *s, const char *subject, const char *channel, const char *topic, consent_each_fn *each,
    void *ctx, struct err *e);

/*
 * The one confirmation that the law allows after a STOP (and the answer to HELP): a permit for exactly one message to a
 * subject, bound to the message's id and text, valid until `until_ms`. No line can make one. It is not used up by an
 * attempt, because a second attempt is still that one message; that the message goes out once is the outbox's promise.
 */
int consent_permit(struct store *s, const char *subject, const char *message, const char *text, int64_t until_ms, struct err *e);

/* 1 when there is a permit that fits, 0 when not, -1. */
int consent_permitted(struct store *s, const char *subject, const char *message, const char *text, int64_t now_ms, struct err *e);

/* Begins the subject that stands for somebody who was forgotten: a keyed hash follows. */
#define CONSENT_FORGOTTEN "forgotten:"

struct consent_forgotten {
	char subject[64];       /* "forgotten:…" */
	int64_t events;         /* how many say no more whose they were */
};

/*
 * Takes a subject out of the ledger: its events keep their place and hash in the chain and say nothing any more, one that
 * says so is added to `event` (its method, jurisdiction and basis), and a hash of the subject under a key in
 * `directory`/forget.key (made when missing, mode 0600) stays out of everything. A telephone number is forgotten on all
 * channels. In the caller's transaction; consent_forget_end is called after it has been committed. EX_NOPERM when the
 * key is gone that others were forgotten with, or others can read it.
 */
int consent_forget(struct store *s, const char *subject, struct consent_event *event, struct consent_forgotten *ret_forgotten,
    struct err *e);

/* What was forgotten is still in the write-ahead log until this has been done. EX_TEMPFAIL: others are reading. */
int consent_forget_end(struct store *s, struct err *e);

#define CONSENT_HASH 65         /* a BLAKE2b-256 hash in hexadecimal, and its NUL */

/* Of a line that a consent came from, for its `source`: as `b2sum -l 256` has it. */
void consent_hash_line(const char *data, size_t len, char ret_hash[CONSENT_HASH]);

/* A signed statement: the ledger held `events` events at `time_ms`, and the last one's hash was `head`. */
struct consent_checkpoint {
	int64_t events;
	int64_t time_ms;
	char head[CONSENT_HASH];
	char key[CONSENT_HASH];         /* the public key, and the signature, in hexadecimal */
	char signature[129];
};

struct consent_verdict {
	int64_t events, checkpoints;    /* read and found good */
	int64_t erased;                 /* events that say nothing any more */
	int64_t named;                  /* as many as erasures say */
	int64_t signed_events;          /* how many events the last good checkpoint covers */
	char at[27];                    /* altered: the id of the first event that does not fit, or "" */
	char what[192];                 /* altered: in which way */
};

/*
 * Walks the chain, the checkpoints (against `directory`/ledger.pub) and the state. 0: whole; 1: altered;
 * -1: cannot read.
 */
int consent_verify(struct store *s, const char *directory, struct consent_verdict *ret_verdict, struct err *e);

/*
 * Signs the head of the chain with the key in `directory`/ledger.key (made when missing, mode 0600; ledger.pub beside
 * it). EX_NOPERM when the key is gone that signed earlier ones, or others can read it.
 */
int consent_checkpoint(struct store *s, const char *directory, struct consent_checkpoint *ret_checkpoint, struct err *e);

/* The hash of the event at a place in the ledger, from 1: 1, 0 when the ledger is shorter, -1. */
int consent_head(struct store *s, int64_t events, char ret_hash[CONSENT_HASH], struct err *e);

#endif
