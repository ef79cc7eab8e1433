/*
 * The state machine: one thing that happened to a conversation (it began, an answer came, time ran out, a person gave it
 * back) carries it to the next state that waits, and leaves the lines that are to be said. Nothing is stored or written
 * here, so that the same machine serves the filter and the terminal.
 *
 * The conversation's data: {"vars","context","contact","answer","match","text","lang","subject"}; templates and commands
 * also see its addresses, thread, flow and state.
 */
#ifndef MSG_STEP_H
#define MSG_STEP_H

#include "common/bot/flow.h"
#include "common/store/conversation.h"

#define STEP_DATA (256u << 10)  /* bytes of a conversation's data as JSON */

struct step {
	const struct flow *flow;
	struct conversation *c;
	const char *base;       /* the lines' ids are made from it: BASE.1, BASE.2, … */
	int64_t now_ms;
	void (*before_command)(void *ctx);      /* commands take time: let go of locks; or NULL */
	void *ctx;
	const char *choice;     /* what the text stands for, when it is the number of a button; or NULL */
	bool explain;           /* fill `why` */
	json_t *out;            /* filled: message and task lines in order */
	json_t *why;            /* filled: {"state","event","rules":[{"rule","to","matched"}],"to","missing":[…]} each */
	unsigned lines;         /* so far */
};

void step_init(struct step *s, const struct flow *f, struct conversation *c, const char *base, int64_t now_ms);
void step_clear(struct step *s);

/* Takes in what an inbound line brings: text, context, language, subject; and its contact (NULL: nobody known). */
void step_hear(struct step *s, const json_t *inbound, const json_t *contact);

/* All: 0, or -1 with EX_DATAERR (a text that cannot be filled in, data past its ceiling): then `c` is to be dropped. */
int step_open(struct step *s, struct err *e);
int step_answer(struct step *s, struct err *e);         /* the text that was heard last */
int step_timeout(struct step *s, struct err *e);
int step_return(struct step *s, const char *how, struct err *e);        /* "completed", "declined", "canceled" */

/*
 * A text does not go on with this conversation but starts a new one: the flow's restart word, or a conversation that has
 * ended, belongs to another flow, or is in a state that the flow no longer has.
 */
bool step_starts_anew(const struct flow *f, const struct conversation *c, const char *text);

/* The state that the conversation is in; NULL before the first, and when the flow no longer has it. */
const struct flow_state *step_state(const struct step *s);

#endif
