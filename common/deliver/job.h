/*
 * One outbox row in hand: the message, its recipient, its legs, and the request that is under way for it.
 * For the files of this folder alone.
 */
#ifndef MSG_JOB_H
#define MSG_JOB_H

#include "common/deliver/breaker.h"
#include "common/deliver/deliver.h"
#include "common/deliver/fetch.h"
#include "common/deliver/fit.h"
#include "common/deliver/flow.h"
#include "common/deliver/render.h"
#include "common/deliver/settings.h"
#include "common/deliver/track.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/provider/price.h"
#include "common/store/outbox.h"
#include "common/store/sender.h"
#include "common/transport/engine.h"

#define JOB_MANY 32     /* recipients of one message: what costs something for each of the others is left out */

/* What kind of exchange a job is about to have or has had. */
enum job_task {
	JOB_INSERT,             /* not in the outbox yet */
	JOB_SEND,               /* wants its leg started */
	JOB_POLL,               /* wants to ask about its leg */
	JOB_FIND,               /* asks whether the provider has a leg that got no answer */
	JOB_RESUME,             /* claimed: see what the row wants */
};

struct job {
	struct exchange x;
	struct deliver *d;
	struct outbox_row row;          /* its text members belong to the job */
	enum outbox_state claimed;      /* JOB_RESUME: the state before the claim */
	enum job_task task;
	json_t *message, *recipient, *plan;
	json_t *owners;                 /* by leg, the contact who has its address and is not the recipient; or NULL */
	bool withdrawn;                 /* its next legs were taken back, or have gone without it */
	bool aside;                     /* its next leg hangs on others of its group, and they on its news */
	struct group_count *group;      /* without an outbox: what its lanes know of each other */
	char *edits;                    /* the provider's id of what this is an edit of; or NULL */
	bool in_doubt;                  /* the contacts did not answer: who it is for is not known now */
	struct address address;         /* of the leg in hand */
	struct account *account;
	struct rendered words;
	struct tracked tracked;         /* the same with other links in it */
	struct job **members;           /* that this one carries, as one message (common/deliver/digest.c) */
	size_t member_count;
	json_t *alone;                  /* the message without them, when `message` is that one; or NULL */
	struct hours_answer hours;      /* of the leg in hand; with a row: closed, or bypassed */
	json_t *switched;               /* the message as the template that a closed window wants; or NULL */
	json_t *template;               /* of the provider, for the leg in hand; NULL: it goes in its own words */
	struct fetched **fetched;       /* its media that come from URLs, and what they have given */
	struct content *contents;
	size_t content_count;
	struct content_answer review;   /* of the words for the leg in hand */
	json_t *reviewed;               /* the line with the subject that came of it; NULL: as it is */
	struct fit fit;                 /* what the leg in hand makes of them; of the last request */
	char delivery_id[128];
	int64_t ask_after_ms;           /* when the provider says that asking is worth while; 0: it does not say */
	uint64_t since;                 /* number of the commit that the job was first in: the row was read before it */
	uint64_t inserted;              /* number of the commit that the row's insertion waits for; 0: long since there */
	size_t weight;                  /* bytes of its request, while that is ready, under way or ended */
	struct job *next;
};

struct job_list {
	struct job *first, **last;
	size_t count;
};

struct deliver {
	struct deliver_options o;
	struct engine *engine;
	struct sender *sender;
	struct gate gate;
	struct delivery_settings settings;
	struct breakers *breakers;
	struct flow *flow;
	char owner[ID_SIZE];            /* how the store knows this process */
	struct job_list incoming;       /* want the next commit */
	struct job_list ready;          /* committed as in flight: may start */
	struct job_list resting;        /* their turn comes later; only without an outbox, where else they would be */
	struct job_list fetching;       /* wait for media, queued meanwhile */
	struct fetches *fetches;
	struct job_list parked;         /* wait for what they replace to land */
	struct job_list let_go;         /* done with, but for the commit that they were first in */
	struct job_list ended;          /* answered; their results want the next commit */
	int64_t first_ended_ms;         /* of when_clock_ms */
	int64_t wait_until_ms;          /* -w; 0 without */
	int64_t next_due_ms;            /* of the rows that are waited for */
	uint64_t waited;                /* rows that are waited for and not in memory */
	uint64_t paced;                 /* rows of this run whose turn comes soon, and which are not in memory */
	uint64_t left;                  /* rows left queued for another try */
	uint64_t commits;
	uint64_t heard;                 /* number of the last commit before which other processes had written */
	size_t weight;                  /* of all jobs */
	bool stopping, spoke;           /* spoke: some provider answered */
	struct deliver_counts counts;
	int status;
};

void job_list_init(struct job_list *l);
void job_push(struct job_list *l, struct job *j);
struct job *job_pop(struct job_list *l);

/* Takes references of its own; `line` is copied. */
struct job *job_new(struct deliver *d, json_t *message, json_t *recipient, json_t *plan, const char *line, size_t len);
struct job *job_of_row(struct deliver *d, const struct outbox_row *row, struct err *e);
void job_free(struct job *j);

/* The same, but its line is kept until its row has been committed: should that fail, the line is what there is of it. */
void job_let_go(struct job *j);

/*
 * Legs in parallel (common/deliver/group.c). group_fork makes the lanes of the other legs of the group that the leg in hand
 * begins, beside its row as that is in the outbox, and appends their jobs. group_look tells how the others are; of a leg
 * that is none of several: nothing is so. group_end: those that only wait for news need not. group_leave: the job is at
 * its end, or goes on behind the group.
 */
struct group_state {
	bool open;              /* some may still get there, or fail */
	bool taken;             /* a provider has taken one */
	bool over;              /* one has got there, or goes on with the next leg */
};

int group_fork(struct job *j, struct job_list *lanes, struct err *e);
int group_look(const struct job *j, struct group_state *ret_state, struct err *e);
int group_end(const struct job *j, struct err *e);
void group_leave(struct job *j, bool goes_on);

/* Into the ready ones, with its request; and when that has been answered. What is large is not made far ahead. */
void job_ready(struct job *j);
void job_unweigh(struct job *j);

/* The leg in hand, and what it says. */
json_t *job_leg(const struct job *j);
bool job_has_next(const struct job *j);
bool job_has_account(const struct job *j, unsigned index);      /* another may take the leg over */
const char *job_channel(const struct job *j);
int64_t job_wait_ms(const struct job *j);       /* -1: no wait */
enum status job_need(const struct job *j);      /* what ends the plan: until, else delivered */
const char *job_sender(const struct job *j);     /* of the leg, the message or the channel; or NULL */
const char *job_contact_id(const struct job *j);        /* or NULL */
enum purpose job_purpose(const struct job *j);

/* The delivery's id, by which a provider drops repetitions: of the row, its leg and the part in hand. */
void job_name(struct job *j);

/* Sets address and account for the leg in hand. EX_DATAERR, EX_CONFIG. */
int job_aim(struct job *j, struct err *e);

/*
 * Who has the addresses that the contacts did not give the recipient (common/deliver/consent.c); EX_UNAVAILABLE. Then
 * the gate, for the leg in hand: the address, the recipient and whoever has the address must allow it.
 */
int job_find_owners(struct job *j, struct err *e);
int job_ask_gate(struct job *j, int64_t now_ms, struct gate_answer *ret_answer, struct err *e);

/*
 * Hours: 1, open; 0, they are closed and the job is held, or ends; -1 (common/deliver/hours.c). What a plan says of why
 * its leg waits is for the first receipt alone.
 */
int job_ask_hours(struct job *j, int64_t now_ms, struct err *e);
int job_read_hours(struct job *j, struct err *e);

/*
 * Digests. A job that is held joins those that may go as one message. One that has been claimed: 1, another carries it,
 * and the job is the caller's to free; 0, it carries `members`, if there are any; -1. Before a try the message of all of
 * them is written; when the job is put down, they end with it or go on by themselves.
 */
int digest_hold(struct job *j, struct err *e);
int digest_take(struct job *j, struct err *e);
int digest_write(struct job *j, int64_t now_ms, struct err *e);
int digest_settle(struct job *j, struct err *e);

/* Together they cannot go, being too long for instance: each tries by itself, this one at once. */
int digest_part(struct job *j, struct err *e);
void digest_clear(struct job *j);

/* May it go in free words, or as which template? As above (common/deliver/window.c). */
int job_ask_window(struct job *j, int64_t now_ms, struct err *e);

/* The same without consequences: 1, and `switched` is set where a template must do; 0, `e` says why it may not; -1. */
int window_choose(struct job *j, int64_t now_ms, struct err *e);

/*
 * What must be in the words of the leg in hand and what must not (common/deliver/review.c), before they are fitted to it.
 * EX_DATAERR: they cannot go this way, and `fit.code` says why.
 */
int job_review(struct job *j, const json_t *message, const char *text, struct err *e);
void job_review_clear(struct job *j);

/*
 * Caps of the policy, and what they count (common/deliver/sent.c): a leg is noted when it is about to leave, and taken
 * back when it did not.
 */
int job_ask_caps(const struct job *j, int64_t now_ms, struct caps_answer *ret_answer, struct err *e);
int job_note_sent(const struct job *j, int64_t now_ms, struct err *e);
int job_drop_sent(const struct job *j, struct err *e);

/* Whom a message is for. A planned one needs no contacts; a contact who is not known has an id all the same. */
/*
 * An address that was asked for by itself and that nothing leads to is a mistake in the line (EX_DATAERR), or in the
 * configuration (EX_CONFIG).
 */
int deliver_check_address(struct deliver *d, const json_t *recipient, struct err *e);

int job_recipients(struct deliver *d, const json_t *message, json_t **ret_recipients, struct err *e);

/* Brings the message into the shape of the leg in hand, into `fit`. EX_DATAERR: it cannot go this way. */
int job_fit(struct job *j, struct err *e);

/* The words of the message, rendered once; and the request for the task in hand. A failure is about this leg alone. */
int job_render(struct job *j, struct err *e);
int job_build(struct job *j, int64_t now_ms, struct err *e);

/* The text as it is sent, of the last job_fit. */
const char *job_text(const struct job *j);

/* What the provider gets to see. */
void job_delivery(const struct job *j, int64_t now_ms, struct delivery *ret_delivery);

/* Ends a row of which nothing more may be started (common/deliver/cancel.c): 1, and the job is gone; 0: it is not one; -1. */
int job_taken_back(struct job *j, struct err *e);

/*
 * A message in the place of another (common/deliver/replace.c): what it replaces, or NULL. replace_resolve finds its place,
 * and with `now` edits what has left: 1: it may go on; 0: the job has been dealt with; -1. Then job_edits tells whether
 * the leg in hand is an edit. replace_refuse says of the old message why it is not replaced.
 */
const char *job_replaces(const struct job *j);
int replace_resolve(struct job *j, bool now, struct err *e);
bool job_edits(const struct job *j);
int replace_refuse(struct job *j, const char *code, const char *why, struct err *e);
bool job_drops_repetitions(const struct job *j);

/* Somebody may answer it, and that will matter; what was waited for is reached: what has not left is not needed (cancel.c). */
int job_expect_answer(const struct job *j, int64_t now_ms, struct err *e);
int job_settled(const struct job *j, struct err *e);
/* A run with a deadline takes everything into the outbox at once: this is for the rest. */
bool deliver_has_much(const struct deliver *d);

/* Takes the row one step further inside the open transaction (common/deliver/prepare.c). */
int prepare(struct job *j, struct err *e);

/* What an answer, a failure or the passing of time means for the row (common/deliver/outcome.c); all free or keep the job. */
int outcome_answer(struct job *j, struct err *e);
int outcome_failure(struct job *j, enum status status, enum failure failure, const char *code, const char *text, struct err *e);
int outcome_failed(struct job *j, enum status status, const struct verdict *v, struct err *e);
int outcome_took(struct job *j, const struct verdict *v, struct err *e);
int outcome_retry(struct job *j, const struct verdict *v, struct err *e);
int outcome_locked_out(struct job *j, const char *text, struct err *e);
int outcome_hold(struct job *j, int64_t until_ms, const char *code, const char *text, struct err *e);
int outcome_shut(struct job *j, int64_t until_ms, enum failure failure, const char *code, const char *text, struct err *e);
int outcome_paced(struct job *j, int64_t due_ms, struct err *e);
int outcome_postpone(struct job *j, int64_t after_ms, struct err *e);
int outcome_consider(struct job *j, struct err *e);
int outcome_next_leg(struct job *j, struct err *e);
int outcome_put_down(struct job *j, struct err *e);
int outcome_end(struct job *j, struct err *e);

/* Parts of them: the receipt alone; whether the leg's wait is over (one without a wait never is); what is due no later. */
int outcome_receipt(const struct job *j, enum status status, const struct verdict *v, struct err *e);
bool outcome_wait_is_over(const struct job *j, int64_t now_ms);
int64_t outcome_not_past_wait(const struct job *j, int64_t due_ms, int64_t now_ms);

/* Takes over what receipts have told the store of a row in hand; *ret_news: the leg got further by it. */
int outcome_refresh(struct job *j, bool *ret_news, struct err *e);

/*
 * The unknown outcome (common/deliver/doubt.c): no answer came; the process that waited for it died; the row is due; the
 * provider was asked; nothing more can be done.
 */
int doubt(struct job *j, const struct verdict *v, struct err *e);
int doubt_died(struct job *j, struct err *e);
int doubt_resume(struct job *j, struct err *e);
int doubt_answer(struct job *j, const struct delivery *d, struct err *e);
int doubt_hold(struct job *j, struct err *e);

/* What a provider's refusal tells about the address (common/deliver/learn.c). */
int learn(const struct job *j, const struct verdict *v, struct err *e);

/* Queues the receipt line of a leg (common/deliver/receipt.c). */
struct receipt {
	const char *message, *contact, *channel, *via, *address, *topic, *provider_id;
	enum purpose purpose;
	int leg;                /* -1: no leg */
	enum status status;
	int64_t time_ms;
	enum failure failure;
	const char *code, *text;
	unsigned segments;
	const char *amount, *currency;
	bool estimated;         /* the cost, by the account's prices */
	char estimate[PRICE_BYTES];
	unsigned part, parts;   /* from 1; parts 0 or 1: the whole */
	unsigned changes;       /* bits by enum fit_change */
	const struct hours_answer *hours;       /* or NULL */
	const char *digest;             /* the message that carried this one, or NULL */
};

int receipt_write(struct line_writer *w, const struct receipt *r, struct err *e);

/* Writes a receipt, and says it aloud where that was asked for; `goes_on`: there is another leg (common/deliver/told.c). */
int deliver_tell(struct deliver *d, const struct receipt *r, bool goes_on, struct err *e);
void job_receipt(const struct job *j, enum status status, struct receipt *ret_receipt);

/* The segments and the cost of a leg: when it was taken, what the provider did not say; of all parts with the last. */
void job_estimate(const struct job *j, bool taken, struct receipt *r);

/* -n: what fit_leg has made of the part in hand (common/deliver/preview_fit.c). */
void preview_fit(const struct job *j, FILE *out);

/* The lease of a row that this process has put down and comes back to: nobody else gets it, unless the process dies. */
#define LEASE_PACED (OUTBOX_NEVER - 1)

/* How long until the next attempt or question (common/deliver/backoff.c). Full jitter; milliseconds. */
#define LEASE_MS (10 * WHEN_MINUTE)     /* of a row in hand, should this process neither live on nor die properly */
#define JOB_POLLS 12
int64_t backoff_retry_ms(const struct delivery_settings *s, unsigned attempt);
int64_t backoff_poll_ms(unsigned polls);

#endif
