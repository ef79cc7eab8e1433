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

static bool goes_along(const json_t *plan, unsigned leg)
{
	return json_is_true(json_object_get(json_array_get(plan, leg), "parallel"));
}

unsigned plan_group_begin(const json_t *plan, unsigned leg)
{
	while (leg > 0 && goes_along(plan, leg))
		leg--;
	return leg;
}

unsigned plan_group_end(const json_t *plan, unsigned leg)
{
	do
		leg++;
	while (goes_along(plan, leg));
	return leg;
}

bool plan_is_parallel(const json_t *plan, unsigned leg)
{
	return (leg > 0 && goes_along(plan, leg)) || goes_along(plan, leg + 1);
}
