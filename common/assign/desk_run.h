/* What the commands about tasks have in common: what they open, and their ways through it. */
#ifndef MSG_DESK_RUN_H
#define MSG_DESK_RUN_H

#include "common/assign/assign.h"
#include "common/line/filter.h"

struct desk_run {
	struct config *config;
	struct contacts *contacts;
	struct desk *desk;
	struct store *store;
	struct filter filter;           /* `rejects` is the caller's to set */
	struct assign assign;
};

enum desk_need_store {
	DESK_STORE_READ,        /* `store` stays NULL while there is none */
	DESK_STORE_WRITE,
};

/* `config` is -c's, or NULL. desk_run_close is due in any case. */
int desk_run_open(struct desk_run *r, const char *config, enum desk_need_store mode, struct err *e);

/* Returns `status`, or what is worse. */
int desk_run_close(struct desk_run *r, int status);

/* All three open what they need, and return the exit status. */
int desk_run_filter(struct desk_run *r, const char *config, char *const *files, size_t count);
int desk_run_due(struct desk_run *r, const char *config);

/* The same is said about each task; `agent` NULL: by whoever has it. `heir`: for assign_transfer alone. */
typedef int desk_say_fn(struct assign *a, const char *id, const char *agent, int64_t now_ms, struct err *e);
int desk_run_say(struct desk_run *r, const char *config, desk_say_fn *say, const char *agent, const char *heir,
    char *const *ids, size_t count);

#endif
