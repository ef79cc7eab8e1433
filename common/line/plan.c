#include <string.h>

#include "common/line/envelope.h"
#include "common/line/plan.h"

#include "common/banned.h"

int plan_ack_parse(const char *word)
{
	if (strcmp(word, "required") == 0)
		return PLAN_ACK_REQUIRED;
	return strcmp(word, "any") == 0 ? PLAN_ACK_ANY : -1;
}

enum plan_ack plan_ack(const json_t *message)
{
	const char *word = envelope_text(message, "ack", NULL);
	int ack = word ? plan_ack_parse(word) : -1;

	return ack < 0 ? PLAN_ACK_NONE : (enum plan_ack)ack;
}

enum status plan_need(const json_t *message, const json_t *leg)
{
	const char *until = envelope_text(leg, "until", NULL);
	int status = until ? status_parse(until) : -1;
	enum status need = status < 0 ? STATUS_DELIVERED : (enum status)status;

	return plan_ack(message) != PLAN_ACK_NONE && need < STATUS_READ ? STATUS_READ : need;
}
