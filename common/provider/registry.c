/* Every provider there is. A new one is a line here, its file, its test case and its entry in msg-providers(7). */
#include <string.h>

#include "common/provider/provider.h"

#include "common/banned.h"

/* clang-format off */
#define PROVIDERS(X) \
	X(sandbox) \
	X(smtp) \
	X(twilio) \
	X(slack) \
	X(ntfy) \
	X(webhook) \
	X(exec)

#define DECLARE(name) extern const struct provider provider_##name;
#define ADDRESS(name) &provider_##name,
/* clang-format on */

PROVIDERS(DECLARE)

const struct provider *const providers[] = {PROVIDERS(ADDRESS) NULL};

const struct provider *provider_find(const char *name)
{
	for (const struct provider *const *p = providers; *p; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}

bool provider_serves(const struct provider *p, const char *channel)
{
	if (!p->channels)
		return true;
	for (const char *const *c = p->channels; *c; c++)
		if (strcmp(*c, channel) == 0)
			return true;
	return false;
}
