#include <stdlib.h>
#include <string.h>

#include "common/provider/rate.h"

#include "common/banned.h"

#define SECOND_US INT64_C(1000000)
#define DECIMALS 3
#define MOST 1000000            /* a second */
#define BURST_MOST 1000000u

static int64_t unit_us(const char *word)
{
	static const struct {
		const char *word;
		int64_t us;
	} units[] = {{"s", SECOND_US}, {"m", 60 * SECOND_US}, {"h", 3600 * SECOND_US}, {"d", 86400 * SECOND_US}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].word, word) == 0)
			return units[i].us;
	return 0;
}

/* In thousandths. */
static const char *parse_number(const char *text, int64_t *ret_thousandths)
{
	size_t whole = strspn(text, "0123456789");
	int64_t number = 0;

	if (whole < 1 || whole > 9)
		return NULL;
	for (size_t i = 0; i < whole; i++)
		number = number * 10 + (text[i] - '0');
	text += whole;
	if (*text == '.' && strspn(text + 1, "0123456789") == 0)
		return NULL;
	text += *text == '.';
	for (int i = 0; i < DECIMALS; i++)
		number = number * 10 + (*text >= '0' && *text <= '9' ? *text++ - '0' : 0);
	*ret_thousandths = number;
	return text;
}

int rate_parse(const char *text, struct rate *ret_rate)
{
	int64_t number, unit, burst;

	text = parse_number(text, &number);
	unit = text && *text == '/' ? unit_us(text + 1) : 0;
	if (unit == 0 || number <= 0 || number * SECOND_US / unit > (int64_t)MOST * 1000)
		return -1;
	burst = number * SECOND_US / unit / 1000;
	ret_rate->interval_us = unit * 1000 / number;
	ret_rate->burst = burst < 1 ? 1 : (unsigned)burst;
	return 0;
}

static int read_one(const struct config *c, const json_t *object, const char *key, struct rate *rate, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (value && (!text || rate_parse(text, rate) < 0))
		return config_fail_member(c, object, key, e, "not a rate such as 10/s or 30/m");
	return 0;
}

static int read_burst(const struct config *c, const json_t *object, struct rates *rates, struct err *e)
{
	const json_t *value = json_object_get(object, "burst");
	struct rate *const all[] = {&rates->messages, &rates->segments, &rates->sender, &rates->sender_segments, &rates->address};
	json_int_t burst = json_integer_value(value);

	if (!value)
		return 0;
	if (burst < 1 || burst > BURST_MOST)
		return config_fail_member(c, object, "burst", e, "not a whole number from 1 to %u", BURST_MOST);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i]->burst = (unsigned)burst;
	return 0;
}

int rates_read(const struct config *c, const json_t *owner, struct rates *rates, struct err *e)
{
	static const char *const known[] = {"messages", "segments", "sender", "sender_segments", "address", "burst", NULL};
	const json_t *given = json_object_get(owner, "rate");

	if (!given)
		return 0;
	if (json_is_string(given))
		return read_one(c, owner, "rate", &rates->messages, e);
	if (!json_is_object(given))
		return config_fail_member(c, owner, "rate", e, "not a rate such as 10/s, nor a map of rates");
	if (yaml_only(c->yaml, given, known, e) < 0)
		return -1;
	if (read_one(c, given, "messages", &rates->messages, e) < 0 || read_one(c, given, "segments", &rates->segments, e) < 0 ||
	    read_one(c, given, "sender", &rates->sender, e) < 0 ||
	    read_one(c, given, "sender_segments", &rates->sender_segments, e) < 0 ||
	    read_one(c, given, "address", &rates->address, e) < 0)
		return -1;
	return read_burst(c, given, rates, e);
}
