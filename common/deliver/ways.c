#include <string.h>

#include "common/deliver/ways.h"
#include "common/provider/price.h"

#include "common/banned.h"

static bool reachable(void *ctx, const char *channel)
{
	return accounts_of_channel(ctx, channel) != NULL;
}

/* Of the account that is tried first. */
static bool price(void *ctx, const char *channel, const char *via, const char *number, unsigned segments, struct money *ret_price)
{
	struct account *const *list = via ? NULL : accounts_of_channel(ctx, channel);
	const struct account *account = via ? accounts_find(ctx, via) : list ? *list : NULL;

	if (!account || !price_micros(account_price(account), number, segments, &ret_price->micros))
		return false;
	memcpy(ret_price->currency, account_price(account)->currency, sizeof(ret_price->currency));
	return true;
}

bool ways_reads(const char *channel)
{
	static const char *const never[] = {"sms", "voice", "email", "slack", "ntfy", "webhook", NULL};

	for (size_t i = 0; never[i]; i++)
		if (strcmp(never[i], channel) == 0)
			return false;
	return true;
}

static enum status reports(void *ctx, const char *channel, const char *via)
{
	struct account *const *list = via ? NULL : accounts_of_channel(ctx, channel);
	const struct account *account = via ? accounts_find(ctx, via) : list ? *list : NULL;

	if (!account || !account_provider(account)->poll)
		return STATUS_ACCEPTED;
	return ways_reads(channel) ? STATUS_READ : STATUS_DELIVERED;
}

void ways_connect(struct policy *p, struct accounts *a)
{
	policy_set_ways(p, &(struct policy_ways){reachable, price, reports, a});
}
