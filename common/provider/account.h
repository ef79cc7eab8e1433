/* What an account is made of. For account.c and accounts.c alone; everybody else uses provider.h. */
#ifndef MSG_ACCOUNT_H
#define MSG_ACCOUNT_H

#include "common/provider/price.h"
#include "common/provider/provider.h"

/* One setting's value, parallel to the provider's table. */
struct value {
	const json_t *given;            /* as in the configuration; NULL when it is not there */
	char *text;                     /* as written or the default; a reference for a secret; NULL without */
	int64_t number;
	struct secret *secret;
	json_t *map;                    /* with secrets in it: wiped when freed */
};

struct account {
	char *name;
	const struct provider *provider;
	const struct config *config;
	const json_t *given;            /* in the configuration; NULL for the sandbox nobody asked for */
	bool mask;
	bool ready;
	bool told;                      /* what is wrong with it has been said */
	struct err broken;              /* what account_ready said, so that a `cmd:` is not run again for every message */
	struct price price;
	int on_unknown;                 /* enum on_unknown, or -1 */
	struct rates rates;
	int64_t timeout_ms, connect_timeout_ms;
	struct value *values;
	size_t count;
	struct account *next;
};

/* `given` is the object below `accounts:`, NULL for none. EX_CONFIG with file, line and key. */
int account_new(const struct config *c, const char *name, const struct provider *p, const json_t *given, bool mask,
    struct account **ret_account, struct err *e);
void account_free(struct account *a);

#endif
