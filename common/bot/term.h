/*
 * A flow tried at a terminal, with readline: one types as the person, the flow answers. The conversation lives in memory
 * only; what is kept are the lines typed (`bot_history` in the state directory) and what /save is told to write.
 */
#ifndef MSG_TERM_H
#define MSG_TERM_H

#include "common/bot/flow.h"
#include "common/config/contacts.h"

/* Until /quit or the end of input. 0, or -1 when standard output fails. */
int term_run(const struct flow *f, const struct config *config, struct contacts *contacts, struct err *e);

#endif
