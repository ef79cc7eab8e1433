/* What leaves is noted where the policy counts: before the request, in the commit that puts the row in flight. */
#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/policy/wishes.h"
#include "common/store/sent.h"

#include "common/banned.h"

static struct policy_leg leg_of(const struct job *j, int64_t now_ms)
{
	return (struct policy_leg){
	    .message = j->message,
	    .id = j->row.message,
	    .contact = job_contact_id(j),
	    .recipient = j->recipient,
	    .address = &j->address,
	    .via = account_name(j->account),
	    .text = j->words.text,
	    .now_ms = now_ms,
	};
}

int job_ask_caps(const struct job *j, int64_t now_ms, struct caps_answer *ret_answer, struct err *e)
{
	struct policy_leg leg = leg_of(j, now_ms);

	return policy_caps(j->d->o.policy, j->d->o.store, &leg, ret_answer, e);
}

int job_note_sent(const struct job *j, int64_t now_ms, struct err *e)
{
	struct policy_leg leg = leg_of(j, now_ms);
	char person[ADDRESS_BYTES];
	struct money price;
	struct sent sent;

	if (!policy_counts_purpose(j->d->o.policy, job_purpose(j)) && !wishes_count(j->recipient))
		return 0;
	policy_person(leg.contact, leg.address, person);
	price = policy_price(j->d->o.policy, &leg);
	sent = (struct sent){
	    .person = person,
	    .message = leg.id,
	    .leg = j->row.leg,
	    .channel = j->address.channel,
	    .topic = envelope_text(j->message, "topic", NULL),
	    .from = job_sender(j),
	    .purpose = job_purpose(j),
	    .time_ms = now_ms,
	    .micros = price.currency[0] ? price.micros : -1,
	    .currency = price.currency,
	};
	policy_note_sent(j->d->o.policy, &sent);
	return sent_add(j->d->o.store, &sent, e);
}

int job_drop_sent(const struct job *j, struct err *e)
{
	char person[ADDRESS_BYTES];

	if (!policy_counts_purpose(j->d->o.policy, job_purpose(j)))
		return 0;
	policy_person(job_contact_id(j), &j->address, person);
	policy_note_sent(j->d->o.policy, NULL);
	return sent_drop(j->d->o.store, &(struct sent){.person = person, .message = j->row.message, .leg = j->row.leg}, e);
}
