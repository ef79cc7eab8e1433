/* Receipts in the store: which leg they belong to, that they count once, and what follows from them in any order. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/store/outbox.h"
#include "common/store/receipts.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define T0 INT64_C(1700000000000)

static char directory[64];
static struct store *store;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-receipts-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	(void)state;
	store_close(store);
	store = NULL;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
	return 0;
}

/* Records {"type":"receipt", MEMBERS}; single quotes stand for double ones. */
static struct receipt_result record(const char *members)
{
	char *text = xformat("{'type':'receipt',%s}", members);
	struct receipt_result result = {0};
	struct err e = {0, ""};
	json_t *line;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	line = json_loads(text, 0, NULL);
	if (!line)
		fail_msg("not JSON: %s", text);
	if (receipt_record(store, line, T0, &result, &e) < 0)
		fail_msg("%s", e.text);
	json_decref(line);
	free(text);
	return result;
}

/* The legs that receipt_find gave last, their texts kept. */
static struct {
	size_t count;
	char message[8][ID_BYTES + 1], address[8][64], contact[8][32], channel[8][16], via[8][16], class[8][24];
	struct receipt_leg leg[8];
} found;

static int keep(void *ctx, const struct receipt_leg *l)
{
	size_t i = found.count++;

	(void)ctx;
	assert_true(i < COUNT_OF(found.leg));
	found.leg[i] = *l;
	snprintf(found.message[i], sizeof(found.message[i]), "%s", l->message);
	snprintf(found.address[i], sizeof(found.address[i]), "%s", l->address);
	snprintf(found.contact[i], sizeof(found.contact[i]), "%s", l->contact);
	snprintf(found.channel[i], sizeof(found.channel[i]), "%s", l->channel);
	snprintf(found.via[i], sizeof(found.via[i]), "%s", l->via);
	snprintf(found.class[i], sizeof(found.class[i]), "%s", l->error_class);
	return 0;
}

static size_t find(const char *id)
{
	struct err e;
	int count;

	found.count = 0;
	count = receipt_find(store, id, keep, NULL, &e);
	assert_int_equal(count, found.count);
	return found.count;
}

static int count_event(void *ctx, const struct receipt_event *event)
{
	(void)event;
	(*(int *)ctx)++;
	return 0;
}

static int events_of(int64_t row)
{
	int count = 0, given;
	struct err e;

	given = receipt_each_event(store, row, count_event, &count, &e);
	assert_int_equal(given, count);
	return count;
}

#define LEG "'message':'m1','leg':0,'address':'sms:+15551230001','contact':'ana','channel':'sms','via':'twilio'"

static void test_states_move_forward(void **state)
{
	(void)state;
	assert_int_equal(record(LEG ",'id':'a','status':'queued','time':'2023-11-14T22:13:20Z'").news, RECEIPT_NEW);
	assert_int_equal(record(LEG ",'id':'b','status':'accepted','time':'2023-11-14T22:13:21Z'").status, STATUS_ACCEPTED);
	assert_int_equal(record(LEG ",'id':'c','status':'delivered','time':'2023-11-14T22:13:25Z'").status, STATUS_DELIVERED);
	assert_int_equal(find("m1"), 1);
	assert_int_equal(found.leg[0].status, STATUS_DELIVERED);
	assert_int_equal(found.leg[0].reached_ms[STATUS_QUEUED], T0);
	assert_int_equal(found.leg[0].reached_ms[STATUS_ACCEPTED], T0 + 1000);
	assert_int_equal(found.leg[0].reached_ms[STATUS_DELIVERED], T0 + 5000);
	assert_int_equal(found.leg[0].reached_ms[STATUS_READ], -1);
	assert_int_equal(found.leg[0].first_ms, T0);
	assert_int_equal(found.leg[0].last_ms, T0 + 5000);
	assert_int_equal(events_of(found.leg[0].row), 3);
}

static void test_order_of_arrival_does_not_matter(void **state)
{
	static const char *const lines[] = {
	    LEG ",'id':'a','status':'accepted','provider_id':'SM1','time':'2023-11-14T22:13:21Z'",
	    LEG ",'id':'b','status':'sent','provider_id':'SM1','time':'2023-11-14T22:13:22Z'",
	    "'via':'twilio','id':'c','status':'delivered','provider_id':'SM1','time':'2023-11-14T22:13:23Z'",
	    "'via':'twilio','id':'d','status':'read','provider_id':'SM1','time':'2023-11-14T22:13:24Z'",
	};
	static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {3, 1, 0, 2}, {2, 3, 0, 1}, {1, 3, 0, 2}};

	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		for (int k = 0; k < 4; k++)
			record(lines[orders[i][k]]);
		assert_int_equal(find("m1"), 1);
		assert_int_equal(found.leg[0].status, STATUS_READ);
		for (int s = STATUS_ACCEPTED; s <= STATUS_READ; s++)
			assert_int_equal(found.leg[0].reached_ms[s], T0 + 1000 * (s - STATUS_ACCEPTED + 1));
		assert_int_equal(found.leg[0].first_ms, T0 + 1000);
		assert_int_equal(found.leg[0].last_ms, T0 + 4000);
		assert_string_equal(found.address[0], "sms:+15551230001");
		assert_string_equal(found.contact[0], "ana");
		assert_int_equal(events_of(found.leg[0].row), 4);
		assert_int_equal(find("SM1"), 1);
		tear_down(state);
		set_up(state);
	}
}

static void test_never_backwards(void **state)
{
	(void)state;
	record(LEG ",'id':'a','status':'read'");
	assert_int_equal(record(LEG ",'id':'b','status':'delivered'").news, RECEIPT_OLDER);
	assert_int_equal(record(LEG ",'id':'c','status':'failed','error':{'class':'provider'}").status, STATUS_READ);
	assert_int_equal(find("m1"), 1);
	assert_string_equal(found.class[0], "");
	assert_int_equal(events_of(found.leg[0].row), 3);
}

static void test_bad_end_and_back(void **state)
{
	(void)state;
	record(LEG ",'id':'a','status':'accepted'");
	assert_int_equal(record(LEG ",'id':'b','status':'failed','error':{'class':'unreachable','code':'30003'}").status,
	    STATUS_FAILED);
	find("m1");
	assert_string_equal(found.class[0], "unreachable");
	assert_int_equal(record(LEG ",'id':'c','status':'sent'").status, STATUS_FAILED);
	assert_int_equal(record(LEG ",'id':'d','status':'delivered'").status, STATUS_DELIVERED);
	find("m1");
	assert_string_equal(found.class[0], "");
}

static void test_once(void **state)
{
	struct receipt_result first, again;

	(void)state;
	first = record(LEG ",'id':'a','status':'sent','provider_id':'SM1'");
	again = record(LEG ",'id':'a','status':'sent','provider_id':'SM1'");
	assert_int_equal(first.news, RECEIPT_NEW);
	assert_int_equal(again.news, RECEIPT_KNOWN);
	assert_string_equal(again.id, "a");
	/* The same words of a provider under another id, or none. */
	again = record("'id':'z','via':'twilio','provider_id':'SM1','status':'sent'");
	assert_int_equal(again.news, RECEIPT_KNOWN);
	assert_string_equal(again.id, "a");
	again = record("'via':'twilio','provider_id':'SM1','status':'sent','time':'2026-01-01T00:00:00Z'");
	assert_int_equal(again.news, RECEIPT_KNOWN);
	assert_string_equal(again.id, "a");
	/* Another account may use the same id. */
	assert_int_equal(record("'via':'vonage','provider_id':'SM1','status':'sent'").news, RECEIPT_NEW);
	assert_int_equal(find("SM1"), 2);
}

static void test_id_is_made(void **state)
{
	struct receipt_result first, again;

	(void)state;
	first = record(LEG ",'status':'sent','time':'2023-11-14T22:13:20Z'");
	assert_int_equal(strlen(first.id), 26);
	again = record(LEG ",'status':'sent','time':'2023-11-14T22:13:20Z'");
	assert_int_equal(again.news, RECEIPT_KNOWN);
	assert_string_equal(again.id, first.id);
	assert_int_equal(record(LEG ",'status':'sent','time':'2023-11-14T22:13:21Z'").news, RECEIPT_OLDER);
}

static void test_recipients_are_apart(void **state)
{
	(void)state;
	record("'message':'m1','leg':0,'address':'sms:+15551230001','contact':'ana','status':'delivered'");
	record("'message':'m1','leg':0,'address':'sms:+15551230002','contact':'bo','status':'failed'");
	record("'message':'m1','leg':1,'address':'mailto:bo@example.org','contact':'bo','status':'sent'");
	assert_int_equal(find("m1"), 3);
	/* Less is said: the contact, then the leg's channel. */
	assert_int_equal(record("'message':'m1','contact':'bo','leg':0,'status':'delivered'").status, STATUS_DELIVERED);
	assert_int_equal(record("'message':'m1','contact':'bo','channel':'email','status':'read'").status, STATUS_READ);
	assert_int_equal(find("m1"), 3);
	for (size_t i = 0; i < 3; i++)
		if (strcmp(found.channel[i], "email") == 0)
			assert_int_equal(found.leg[i].status, STATUS_READ);
		else
			assert_int_equal(found.leg[i].status, STATUS_DELIVERED);
}

static void test_poor_receipt_first(void **state)
{
	(void)state;
	record("'message':'m1','status':'queued'");
	record("'message':'m1','contact':'ana','status':'accepted'");
	record(LEG ",'status':'sent','purpose':'otp','topic':'codes'");
	assert_int_equal(find("m1"), 1);
	assert_string_equal(found.address[0], "sms:+15551230001");
	assert_string_equal(found.contact[0], "ana");
	assert_int_equal(events_of(found.leg[0].row), 3);
	/* And back to where less is said. */
	record("'message':'m1','status':'delivered'");
	assert_int_equal(find("m1"), 1);
	assert_int_equal(found.leg[0].status, STATUS_DELIVERED);
}

static void test_channel_follows_from_address(void **state)
{
	(void)state;
	record("'message':'m1','address':'mailto:ana@Example.ORG','status':'sent'");
	find("m1");
	assert_string_equal(found.channel[0], "email");
	assert_string_equal(found.address[0], "mailto:ana@example.org");
	record("'message':'m1','leg':0,'address':'ana@example.org','status':'delivered'");
	assert_int_equal(find("m1"), 1);
}

static void test_unknown_provider_id_waits(void **state)
{
	(void)state;
	assert_int_equal(record("'via':'twilio','provider_id':'SM9','status':'failed','error':{'class':'content'}").news,
	    RECEIPT_NEW);
	assert_int_equal(find("SM9"), 1);
	assert_string_equal(found.message[0], "");
	/* The account is another one: not its leg. */
	record("'message':'m2','leg':0,'address':'sms:+15551230002','via':'vonage','provider_id':'SM9','status':'accepted'");
	assert_int_equal(find("SM9"), 2);
	record(LEG ",'provider_id':'SM9','status':'accepted'");
	assert_int_equal(find("m1"), 1);
	assert_int_equal(found.leg[0].status, STATUS_FAILED);
	assert_string_equal(found.class[0], "content");
	assert_int_equal(find("SM9"), 2);
}

static void test_two_accounts_within_a_leg(void **state)
{
	(void)state;
	record("'message':'m1','leg':0,'address':'sms:+15551230001','via':'a','provider_id':'P1','status':'queued',"
	       "'error':{'class':'provider'}");
	record("'message':'m1','leg':0,'address':'sms:+15551230001','via':'b','provider_id':'P2','status':'accepted'");
	assert_int_equal(find("P1"), 1);
	assert_int_equal(find("m1"), 1);
	assert_string_equal(found.via[0], "b");
	assert_int_equal(record("'via':'b','provider_id':'P2','status':'delivered'").status, STATUS_DELIVERED);
	assert_int_equal(find("m1"), 1);
}

static void test_duplicate_changes_nothing(void **state)
{
	(void)state;
	record(LEG ",'id':'a','status':'accepted'");
	assert_int_equal(record(LEG ",'id':'b','status':'duplicate'").status, STATUS_ACCEPTED);
	assert_int_equal(record(LEG ",'id':'c','status':'delivered'").status, STATUS_DELIVERED);
	record("'message':'m2','id':'d','status':'duplicate'");
	find("m2");
	assert_int_equal(found.leg[0].status, STATUS_DUPLICATE);
	assert_int_equal(record("'message':'m2','id':'e','status':'queued'").status, STATUS_QUEUED);
}

static void test_reached(void **state)
{
	enum status status;
	struct err e;

	(void)state;
	assert_int_equal(receipt_reached(store, "m1", NULL, -1, &status, &e), 0);
	record("'message':'m1','leg':0,'address':'whatsapp:+15551230001','status':'failed'");
	record("'message':'m1','leg':1,'address':'sms:+15551230001','status':'sent'");
	assert_int_equal(receipt_reached(store, "m1", NULL, -1, &status, &e), 1);
	assert_int_equal(status, STATUS_SENT);
	assert_int_equal(receipt_reached(store, "m1", "whatsapp:+15551230001", -1, &status, &e), 1);
	assert_int_equal(status, STATUS_FAILED);
	assert_int_equal(receipt_reached(store, "m1", NULL, 1, &status, &e), 1);
	assert_int_equal(status, STATUS_SENT);
	assert_int_equal(receipt_reached(store, "m1", NULL, 2, &status, &e), 0);
}

static int no_row(void *ctx, const struct outbox_row *row, struct err *e)
{
	(void)ctx, (void)e;
	fail_msg("row %lld is due", (long long)row->seq);
	return 0;
}

static int take_row(void *ctx, const struct outbox_row *row, struct err *e)
{
	(void)e;
	*(struct outbox_row *)ctx = *row;
	return 0;
}

/* A leg that an earlier msg-send has handed over: what comes from a webhook is news to it. */
static void test_outbox_hears(void **state)
{
	struct outbox_row row = {.message = "m1", .recipient = "ana", .line = "{}", .owner = "one", .state = OUTBOX_QUEUED,
	    .created_ms = T0, .due_ms = T0}, seen = {0};
	char earlier[ID_BYTES + 1];
	int64_t seq;
	struct err e;

	(void)state;
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(outbox_add(store, &row, 0, &seq, earlier, &e), 1);
	row.seq = seq;
	row.state = OUTBOX_ACCEPTED;
	row.attempt = 1;
	row.reached = STATUS_ACCEPTED;
	row.due_ms = T0 + WHEN_DAY;
	row.owner = NULL;
	assert_int_equal(outbox_update(store, &row, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);

	record(LEG ",'provider_id':'SM1','status':'accepted'");
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(outbox_claim(store, "two", false, T0, WHEN_MINUTE, 8, no_row, NULL, &e), 0);
	record("'via':'twilio','provider_id':'SM1','status':'delivered'");
	assert_int_equal(outbox_claim(store, "two", false, T0, WHEN_MINUTE, 8, take_row, &seen, &e), 1);
	assert_int_equal(seen.reached, STATUS_DELIVERED);
	assert_int_equal(store_commit(store, &e), 0);
}

static void test_needs_an_id(void **state)
{
	json_t *line = json_pack("{s:s, s:s}", "type", "receipt", "status", "sent");
	struct receipt_result result;
	struct err e;

	(void)state;
	assert_int_equal(receipt_record(store, line, T0, &result, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	json_decref(line);
}

static int stop(void *ctx, const struct receipt_leg *l)
{
	(void)l;
	return ++*(int *)ctx == 2;
}

static void test_each(void **state)
{
	int count = 0;
	struct err e;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char members[128], time[WHEN_SIZE];

		when_format(T0 + i * WHEN_HOUR, time);
		snprintf(members, sizeof(members), "'message':'m%d','status':'sent','time':'%s'", i, time);
		record(members);
	}
	found.count = 0;
	assert_int_equal(receipt_each(store, T0 + WHEN_HOUR, T0 + 3 * WHEN_HOUR, keep, NULL, &e), 2);
	assert_string_equal(found.message[0], "m1");
	assert_string_equal(found.message[1], "m2");
	receipt_each(store, INT64_MIN, INT64_MAX, stop, &count, &e);
	assert_int_equal(count, 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_states_move_forward),
	    CASE(test_order_of_arrival_does_not_matter),
	    CASE(test_never_backwards),
	    CASE(test_bad_end_and_back),
	    CASE(test_once),
	    CASE(test_id_is_made),
	    CASE(test_recipients_are_apart),
	    CASE(test_poor_receipt_first),
	    CASE(test_channel_follows_from_address),
	    CASE(test_unknown_provider_id_waits),
	    CASE(test_two_accounts_within_a_leg),
	    CASE(test_duplicate_changes_nothing),
	    CASE(test_reached),
	    CASE(test_outbox_hears),
	    CASE(test_needs_an_id),
	    CASE(test_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
