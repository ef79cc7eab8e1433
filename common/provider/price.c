#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/provider/price.h"

#include "common/banned.h"

#define WHOLE_DIGITS 6
#define DECIMALS 9              /* as many as msg(5) has; 10^15 of them times any number of segments fit 64 bits */
#define SEGMENTS_MAX 10000u

/* In units of the ninth decimal; false for what is no amount. `ret_decimals`: as many as were written. */
static bool parse(const char *text, uint64_t *ret_amount, unsigned *ret_decimals)
{
	size_t whole = strspn(text, "0123456789"), part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	uint64_t amount = 0;

	if (whole < 1 || whole > WHOLE_DIGITS || part > DECIMALS || text[whole + (part > 0 ? part + 1 : 0)])
		return false;
	for (size_t i = 0; i < whole; i++)
		amount = amount * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < DECIMALS; i++)
		amount = amount * 10 + (i < part ? (uint64_t)(text[whole + 1 + i] - '0') : 0);
	*ret_amount = amount;
	*ret_decimals = (unsigned)part;
	return true;
}

static int check_amount(const struct config *c, const json_t *object, const char *key, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);
	uint64_t amount;
	unsigned decimals;

	if (json_is_number(value))
		return config_fail_member(c, object, key, e, "must be text: put the number in quotes");
	if (!text || !parse(text, &amount, &decimals))
		return config_fail_member(c, object, key, e, "not an amount such as \"0.0079\"");
	return 0;
}

static int check_prefixes(const struct config *c, const json_t *price, struct err *e)
{
	const json_t *prefixes = json_object_get(price, "prefixes");
	const char *prefix;
	json_t *amount;

	if (prefixes && !json_is_object(prefixes))
		return config_fail_member(c, price, "prefixes", e, "must be a map such as {\"+34\": \"0.065\"}");
	json_object_foreach((json_t *)prefixes, prefix, amount) {
		size_t digits = *prefix == '+' ? strspn(prefix + 1, "0123456789") : 0;

		if (digits < 1 || prefix[1 + digits])
			return config_fail_member(c, prefixes, prefix, e, "not how a number begins, such as \"+34\"");
		if (check_amount(c, prefixes, prefix, e) < 0)
			return -1;
	}
	return 0;
}

int price_read(const struct config *c, const json_t *account, struct price *ret_price, struct err *e)
{
	static const char *const known[] = {"amount", "currency", "prefixes", NULL};
	const json_t *price = json_object_get(account, "price");
	const char *currency;

	*ret_price = (struct price){.currency = ""};
	if (!price)
		return 0;
	if (!json_is_object(price))
		return config_fail_member(c, account, "price", e, "must be a map such as {amount: \"0.0079\", currency: USD}");
	if (yaml_only(c->yaml, price, known, e) < 0)
		return -1;
	currency = json_string_value(json_object_get(price, "currency"));
	if (!json_object_get(price, "currency"))
		return config_fail_member(c, account, "price", e, "currency: missing");
	if (!currency || strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return config_fail_member(c, price, "currency", e, "must be a currency such as EUR");
	if (!json_object_get(price, "amount") && !json_object_get(price, "prefixes"))
		return config_fail_member(c, account, "price", e, "has neither amount nor prefixes");
	if ((json_object_get(price, "amount") && check_amount(c, price, "amount", e) < 0) || check_prefixes(c, price, e) < 0)
		return -1;
	snprintf(ret_price->currency, sizeof(ret_price->currency), "%s", currency);
	ret_price->amount = json_string_value(json_object_get(price, "amount"));
	ret_price->prefixes = json_object_get(price, "prefixes");
	return 0;
}

static const char *amount_for(const struct price *p, const char *number)
{
	const char *prefix, *best = p->amount;
	size_t longest = 0;
	json_t *amount;

	json_object_foreach((json_t *)p->prefixes, prefix, amount) {
		size_t len = strlen(prefix);

		if (len > longest && strncmp(prefix, number, len) == 0) {
			longest = len;
			best = json_string_value(amount);
		}
	}
	return best;
}

bool price_of(const struct price *p, const char *number, unsigned segments, char ret_amount[PRICE_BYTES])
{
	const char *each = *p->currency ? amount_for(p, number) : NULL;
	uint64_t amount, one = UINT64_C(1000000000);
	unsigned decimals;

	if (!each || segments > SEGMENTS_MAX || !parse(each, &amount, &decimals))
		return false;
	amount *= segments;
	for (unsigned i = decimals; i < DECIMALS; i++) {
		amount /= 10;
		one /= 10;
	}
	if (decimals == 0)
		snprintf(ret_amount, PRICE_BYTES, "%llu", (unsigned long long)amount);
	else
		snprintf(ret_amount, PRICE_BYTES, "%llu.%0*llu", (unsigned long long)(amount / one), (int)decimals,
		    (unsigned long long)(amount % one));
	return true;
}

bool price_micros(const struct price *p, const char *number, unsigned segments, int64_t *ret_micros)
{
	const char *each = *p->currency ? amount_for(p, number) : NULL;
	uint64_t amount;
	unsigned decimals;

	if (!each || segments > SEGMENTS_MAX || !parse(each, &amount, &decimals))
		return false;
	*ret_micros = (int64_t)((amount * segments + 999) / 1000);
	return true;
}
