/* Amounts as a policy has them, "0.08 EUR": in millionths, exact. */
#ifndef MSG_MONEY_H
#define MSG_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#define MONEY_SIZE 40

struct money {
	int64_t micros;
	char currency[4];       /* ISO 4217; "" for none */
};

/* "0.08 EUR", at most six decimals and a thousand million. 0, or -1. */
int money_parse(const char *text, struct money *ret_money);

/* The amount alone, further decimals rounded up: what a price table says. */
int money_parse_amount(const char *amount, int64_t *ret_micros);

void money_format(const struct money *m, char ret_text[MONEY_SIZE]);

#endif
