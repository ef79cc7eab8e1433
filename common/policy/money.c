#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/policy/money.h"

#include "common/banned.h"

#define ONE INT64_C(1000000)
#define WHOLE_DIGITS 9
#define DECIMALS 6

int money_parse_amount(const char *amount, int64_t *ret_micros)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(amount, digits), decimals = 0;
	int64_t micros = 0, worth = ONE;

	if (whole == 0 || whole > WHOLE_DIGITS)
		return -1;
	for (size_t i = 0; i < whole; i++)
		micros = micros * 10 + (amount[i] - '0') * ONE;
	amount += whole;
	if (*amount == '.') {
		decimals = strspn(amount + 1, digits);
		if (decimals == 0)
			return -1;
		for (size_t i = 1; i <= decimals; i++) {
			if (i <= DECIMALS)
				micros += (amount[i] - '0') * (worth /= 10);
			else if (amount[i] != '0')
				worth = 0;
		}
		micros += worth == 0;
		amount += 1 + decimals;
	}
	if (*amount)
		return -1;
	*ret_micros = micros;
	return 0;
}

int money_parse(const char *text, struct money *ret_money)
{
	const char *space = strchr(text, ' ');
	char amount[24];
	struct money m;

	if (!space || (size_t)(space - text) >= sizeof(amount) || strlen(space + 1) != 3 ||
	    strspn(space + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return -1;
	snprintf(amount, sizeof(amount), "%.*s", (int)(space - text), text);
	if (money_parse_amount(amount, &m.micros) < 0)
		return -1;
	memcpy(m.currency, space + 1, sizeof(m.currency));
	*ret_money = m;
	return 0;
}

void money_format(const struct money *m, char ret_text[MONEY_SIZE])
{
	int64_t rest = m->micros % ONE;
	int decimals = DECIMALS;

	while (decimals > 2 && rest % 10 == 0) {
		rest /= 10;
		decimals--;
	}
	snprintf(ret_text, MONEY_SIZE, "%" PRId64 ".%0*" PRId64 " %s", m->micros / ONE, decimals, rest, m->currency);
}
