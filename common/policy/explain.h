/* Why a message goes which way: for a person, a table for each recipient; for programs, a line. */
#ifndef MSG_EXPLAIN_H
#define MSG_EXPLAIN_H

#include "common/policy/route.h"
#include "common/report/terminal.h"

struct explain {
	struct route *route;
	const struct terminal *terminal;        /* NULL: JSON lines, to route->out */
	bool whole;             /* whole addresses (-v) */
	bool any;               /* something has been printed */
};

/* A checked message. 0, or -1 as route_message. */
int explain_message(struct explain *x, const json_t *message, struct err *e);

#endif
