#include <stdio.h>
#include <string.h>

#include "common/optin/questions.h"

#include "common/banned.h"

static bool is_listed(const struct optin_questions *open, const char *channel, const char *topic)
{
	for (size_t i = 0; i < open->count; i++)
		if (strcmp(open->items[i].channel, channel) == 0 && strcmp(open->items[i].topic, topic) == 0)
			return true;
	return false;
}

static int add(void *ctx, const struct consent_event *question)
{
	struct optin_questions *open = ctx;
	const char *channel = question->channel ? question->channel : "*", *topic = question->topic ? question->topic : "";

	if (open->count == COUNT_OF(open->items))
		return 1;
	/* One about everything on every channel is what stands, and a yes on one channel does not close it. */
	if ((!question->channel && !question->topic) || (question->channel && strcmp(channel, open->channel) != 0) ||
	    is_listed(open, channel, topic))
		return 0;
	snprintf(open->items[open->count].channel, ADDRESS_CHANNEL, "%s", channel);
	snprintf(open->items[open->count++].topic, sizeof(open->items[0].topic), "%s", topic);
	return 0;
}

int optin_questions_find(struct store *s, const char *subject, const char *channel, struct optin_questions *ret_questions,
    struct err *e)
{
	*ret_questions = (struct optin_questions){.channel = channel};
	return consent_each_question(s, subject, add, ret_questions, e);
}

bool optin_questions_about(const struct optin_questions *q, const char *topic)
{
	for (size_t i = 0; i < q->count; i++)
		if (strcmp(q->items[i].topic, topic ? topic : "") == 0)
			return true;
	return false;
}
