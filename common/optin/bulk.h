/*
 * Many answers at once, as operands or as the lines of standard input: they are written in groups, and a line is printed
 * only when what it says is durable. After a crash the ledger holds at least what was printed, in the given order.
 */
#ifndef MSG_OPTIN_BULK_H
#define MSG_OPTIN_BULK_H

#include "common/line/line.h"
#include "common/store/store.h"

struct optin_bulk {
	struct store *store;    /* NULL for answers that read where nothing was recorded yet */
	bool reads;             /* nothing is written */

	/* One address or contact; lines go to `out`. 0; an exit status that does not end the run; -1 (EX_DATAERR goes on). */
	int (*answer)(void *ctx, const char *who, struct line_writer *out, struct err *e);
	void *ctx;
};

/* "-" among the operands is standard input. Reports by itself; the exit status. */
int optin_bulk_run(const struct optin_bulk *bulk, char *const *operands, size_t count);

#endif
