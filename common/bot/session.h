/* What term.c and session.c share with term_command.c: the conversation in memory and how it is shown. */
#ifndef MSG_SESSION_H
#define MSG_SESSION_H

#include "common/address/address.h"
#include "common/bot/step.h"
#include "common/config/contacts.h"

struct session {
	const struct flow *flow;
	struct contacts *contacts;
	struct conversation *c;         /* NULL before the first text */
	char address[ADDRESS_BYTES];    /* of the person */
	json_t *contact;                /* or NULL */
	json_t *context;                /* an object */
	json_t *transcript;             /* lines: inbound, message, task */
	json_t *why;                    /* of the last step */
	bool colour;
	bool done;
};

void session_init(struct session *s, const struct flow *f, struct contacts *contacts, bool colour);
void session_clear(struct session *s);

/* The person says something: it is answered as the filter would answer it, and shown. */
void session_hear(struct session *s, const char *text);

/* As if the time of the question were up; as if a person gave the conversation back. False: not in such a state. */
bool session_timeout(struct session *s);
bool session_return(struct session *s, const char *how);

/* The state that waits, or NULL. */
const struct flow_state *session_state(const struct session *s);

/* Somebody else: the conversation is dropped. `contact` is taken and may be NULL. */
void session_become(struct session *s, const char *address, json_t *contact);

enum session_look {
	SESSION_BOT,
	SESSION_TASK,
	SESSION_NOTE,
};

/* One text on the terminal, further lines of it indented. */
void session_show(const struct session *s, enum session_look look, const char *fmt, ...) COMPAT_PRINTF(3, 4);

/* A line that starts with a slash. */
void term_command(struct session *s, const char *line);

/* The names of the commands, NULL-ended, each with its slash. */
const char *const *term_command_names(void);

#endif
