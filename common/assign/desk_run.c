#include "common/assign/desk_run.h"
#include "common/diag.h"
#include "common/line/when.h"

#include "common/banned.h"

int desk_run_open(struct desk_run *r, const char *config, enum desk_need_store mode, struct err *e)
{
	if (filter_init(&r->filter, e) < 0 || config_load(config, &r->config, e) < 0 || desk_load(r->config->agents, &r->desk, e) < 0)
		return -1;
	if (mode == DESK_STORE_READ)
		return store_open_existing(r->config->state, &r->store, e);
	return store_open(r->config->state, STORE_WRITE, &r->store, e);
}

int desk_run_close(struct desk_run *r, int status)
{
	struct err e;

	if (assign_close(&r->assign, &e) < 0)
		status = err_worse(status, diag_error(&e));
	filter_clear(&r->filter);
	store_close(r->store);
	desk_free(r->desk);
	contacts_free(r->contacts);
	config_free(r->config);
	return status;
}

static int handle_line(void *ctx, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct desk_run *r = ctx;

	if (type == ENVELOPE_INBOUND)
		return assign_inbound(&r->assign, value, e);
	return type == ENVELOPE_TASK ? assign_task(&r->assign, l, value, e) : 1;
}

static int settle(void *ctx, struct err *e)
{
	struct desk_run *r = ctx;

	return assign_settle(&r->assign, e);
}

static int written(void *ctx, struct err *e)
{
	struct desk_run *r = ctx;

	return assign_written(&r->assign, e);
}

static int open_assign(struct desk_run *r, const char *config, struct err *e)
{
	r->filter.handle = handle_line;
	r->filter.written = written;
	r->filter.ctx = r;
	if (desk_run_open(r, config, DESK_STORE_WRITE, e) < 0 || contacts_open(r->config, &r->contacts, e) < 0)
		return -1;
	return assign_open(&r->assign, r->desk, r->contacts, r->store, &r->filter.out, &r->filter.status, e);
}

int desk_run_filter(struct desk_run *r, const char *config, char *const *files, size_t count)
{
	struct err e;

	r->filter.settle = settle;
	if (open_assign(r, config, &e) < 0)
		return desk_run_close(r, diag_error(&e));
	return desk_run_close(r, filter_run(&r->filter, files, count));
}

int desk_run_due(struct desk_run *r, const char *config)
{
	struct err e;

	r->filter.settle = settle;
	if (open_assign(r, config, &e) < 0)
		return desk_run_close(r, diag_error(&e));
	r->assign.awake = true;
	return desk_run_close(r, filter_settle(&r->filter, &e) < 0 ? diag_error(&e) : r->filter.status);
}

int desk_run_say(struct desk_run *r, const char *config, desk_say_fn *say, const char *agent, const char *heir,
    char *const *ids, size_t count)
{
	int status = EX_OK;
	struct err e;

	if (open_assign(r, config, &e) < 0)
		return desk_run_close(r, diag_error(&e));
	r->assign.heir = heir;
	for (size_t i = 0; i < count; i++)
		if (say(&r->assign, ids[i], agent, when_now_ms(), &e) < 0)
			status = err_worse(status, diag_error(&e));
	if (filter_settle(&r->filter, &e) < 0)
		status = err_worse(status, diag_error(&e));
	return desk_run_close(r, status);
}
