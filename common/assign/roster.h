/* What agents say about themselves, and who there is. */
#ifndef MSG_ROSTER_H
#define MSG_ROSTER_H

#include "common/assign/crew.h"
#include "common/line/line.h"
#include "common/report/terminal.h"

/* What is set; each may be NULL: then it stays as it is. */
struct roster_change {
	const char *status;
	int64_t for_ms;                 /* how long the status holds; 0: for good */
	const char *skills;             /* separated by commas, "" for none; "es=5" has a level */
	const char *langs;              /* separated by commas; "" for none */
	const char *to;                 /* a contact's id or an address */
	const char *capacity;           /* "3", or by channel: "voice=1,other=3" */
	bool reset;                     /* first forget what was said before */
};

bool roster_says_something(const struct roster_change *change);

/* EX_USAGE names the option that is wrong. */
int roster_check(const char *id, const struct roster_change *change, struct err *e);

/*
 * Commits. An agent who is in no file comes into being, unless nothing is set: EX_DATAERR. 1: there is no such agent any
 * more.
 */
int roster_set(const struct desk *d, struct store *s, const char *id, const struct roster_change *change, int64_t now_ms,
    struct err *e);

struct roster_question {
	const char *id;         /* of one; NULL: all */
	int64_t now_ms;
	int64_t period_ms;      /* how far back what they did is counted; 0: not at all */
};

/* As lines {"type":"agent",…}, or as a table. EX_DATAERR: nobody of that id. */
int roster_write(const struct desk *d, struct store *s, const struct roster_question *question, struct line_writer *out, struct err *e);
int roster_draw(const struct desk *d, struct store *s, const struct roster_question *question, const struct terminal *terminal,
    struct err *e);

#endif
