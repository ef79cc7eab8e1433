#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/store/leg_receipt.h"

#include "common/banned.h"

static void set_text(json_t *line, const char *key, const char *value)
{
	if (value)
		json_object_set_new(line, key, json_string(value));
}

json_t *leg_receipt(const struct leg_receipt *r)
{
	const json_t *leg = json_array_get(r->plan, r->leg);
	const char *channel = envelope_text(leg, "channel", ""), *address = envelope_text(leg, "address", "");
	char id[ID_SIZE], time[WHEN_SIZE];
	struct address a;
	json_t *line;

	id_new(id);
	when_format(r->time_ms, time);
	if (address_of_channel(channel, address, &a, NULL) == 0)
		address = a.text;
	line = json_pack("{s:s, s:s, s:s, s:i, s:s}", "type", "receipt", "id", id, "message", r->id, "leg", (int)r->leg, "channel", channel);
	set_text(line, "via", envelope_text(leg, "via", NULL));
	set_text(line, "address", address);
	if (!address_looks_like(r->recipient))
		set_text(line, "contact", r->recipient);
	set_text(line, "purpose", envelope_text(r->message, "purpose", "transactional"));
	set_text(line, "topic", envelope_text(r->message, "topic", NULL));
	set_text(line, "status", status_name(r->status));
	set_text(line, "time", time);
	return line;
}
