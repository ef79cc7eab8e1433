/*
 * Agents, tasks and answers by chance, with a clock of the test's: whatever happens, nobody has more than they can take,
 * whoever is given a task fits, no task waits while somebody who fits is free, none is passed over for one behind it, and
 * nothing that has lapsed stays where it is. Who fits is worked out here once more, without the library's conditions.
 *
 * SEEDS=N tries that many desks; SEED=N only the one of that number, for whoever has to find out why it failed.
 */
#include "tests/unit/desk_rig.h"

#include "common/banned.h"

#define AGENTS 6
#define TASKS 120
#define SKILLS 4
#define ROUNDS 160

static const char *const skills[SKILLS] = {"bills", "orders", "fix", "vip"};
static const char *const langs[] = {"en", "es", "fr"};
static const char *const channels[] = {"voice", "chat", "mail"};

struct person {
	unsigned levels[SKILLS];
	unsigned lang;
	unsigned capacity, voice, other;        /* voice and other: 0 and 0 when there is one number alone */
	bool by_channel;
	unsigned from_hour, to_hour;            /* at work, UTC; 0 to 24: always */
	enum agent_status status;
	bool declined[TASKS];
};

struct job {
	bool asks[SKILLS];
	unsigned level;         /* of the first skill that it asks for; 0: none */
	int lang;               /* -1: not known */
	unsigned channel;
	char agent[ASSIGN_NAME];
	enum task_status status;
	int64_t seq;
};

static struct person people[AGENTS];
static struct job jobs[TASKS];
static size_t job_count;
static uint64_t chance_state;
static unsigned reserve_s, wrap_s;

/* xorshift64*: the same on every machine. */
static unsigned chance(unsigned below)
{
	chance_state ^= chance_state >> 12;
	chance_state ^= chance_state << 25;
	chance_state ^= chance_state >> 27;
	return (unsigned)((chance_state * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* ---- a desk ---- */

static void add_person(struct buf *b, unsigned i)
{
	struct person *p = &people[i];
	bool any = false;

	*p = (struct person){.lang = chance(3), .capacity = 1 + chance(3), .by_channel = chance(3) == 0, .to_hour = 24};
	buf_addf(b, "  a%u: {langs: [%s], to: 'sms:+1555123000%u', skills: {", i, langs[p->lang], i);
	for (unsigned n = 0; n < SKILLS; n++)
		if (chance(3) > 0) {
			p->levels[n] = 1 + chance(5);
			buf_addf(b, "%s%s: %u", any ? ", " : "", skills[n], p->levels[n]);
			any = true;
		}
	buf_addf(b, "}, ");
	if (p->by_channel) {
		p->voice = chance(2);
		p->other = 1 + chance(2);
		p->capacity = 1 + chance(3);
		buf_addf(b, "capacity: {voice: %u, other: %u, all: %u}", p->voice, p->other, p->capacity);
	} else {
		buf_addf(b, "capacity: %u", p->capacity);
	}
	if (chance(3) == 0) {
		p->from_hour = 6 + chance(4);
		p->to_hour = 12 + chance(6);
		buf_addf(b, ", hours: {daily: '%02u:00-%02u:00', zone: UTC}", p->from_hour, p->to_hour);
	}
	buf_addf(b, "}\n");
}

/* Two steps: first somebody who speaks the language, then anybody who has the skills; VIPs need a level of 3. */
static void make_desk(void)
{
	struct buf b;

	buf_init(&b, 65536);
	reserve_s = chance(4) == 0 ? 0 : 20 + chance(60);
	wrap_s = chance(2) ? 15 + chance(30) : 0;
	buf_addf(&b, "misses: 0\nsticky: 0s\nagents:\n");
	for (unsigned i = 0; i < AGENTS; i++)
		add_person(&b, i);
	buf_addf(&b, "queues:\n  q: {reserve: %us, wrap_up: %us%s}\n", reserve_s, wrap_s, chance(2) ? ", share: 40" : "");
	buf_addf(&b, "workflows:\n- name: w\n  steps:\n  - {queue: q, need: [skills, lang], wait: 2m}\n  - {queue: q, order: [%s]}\n",
	    chance(2) ? "level, idle" : "load");
	use(b.data);
	buf_clear(&b);
}

/* ---- who fits, once more ---- */

static bool is_at_work(const struct person *p)
{
	unsigned hour = (unsigned)(now_ms / WHEN_HOUR % 24);

	return p->status == AGENT_AVAILABLE && hour >= p->from_hour && hour < p->to_hour;
}

static bool is_able(const struct person *p, const struct job *j, unsigned step)
{
	bool first = true;

	for (unsigned n = 0; n < SKILLS; n++) {
		if (!j->asks[n])
			continue;
		if (p->levels[n] < (first && j->level ? j->level : 1))
			return false;
		first = false;
	}
	return step > 0 || j->lang < 0 || (int)p->lang == j->lang;
}

static int agent_number(const char *id)
{
	return id[0] == 'a' && id[1] >= '0' && id[1] < '0' + AGENTS ? id[1] - '0' : -1;
}

/* What each holds, by channel: voice and others. */
struct holding {
	unsigned voice, other;
};

static bool has_room(const struct person *p, const struct holding *h, unsigned channel)
{
	if (h->voice + h->other >= p->capacity)
		return false;
	if (!p->by_channel)
		return true;
	return channel == 0 ? h->voice < p->voice : h->other < p->other;
}

/* ---- the store after each round ---- */

struct picture {
	struct task tasks[TASKS];
	struct holding held[AGENTS];
};

static struct picture before, after;

static void look(struct picture *p)
{
	*p = (struct picture){.held = {{0, 0}}};
	for (size_t i = 0; i < job_count; i++) {
		char id[32];
		int who;

		snprintf(id, sizeof(id), "t%zu", i);
		if (task_find(store, id, &p->tasks[i], &e) != 1)
			fail_msg("task %s is lost", id);
		who = agent_number(p->tasks[i].agent);
		task_clear(&p->tasks[i]);
		if (who < 0 || (p->tasks[i].status > TASK_ASSIGNED && !p->tasks[i].due_ms))
			continue;
		if (jobs[i].channel == 0)
			p->held[who].voice++;
		else
			p->held[who].other++;
	}
}

static void check_people(void)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		const struct person *p = &people[i];
		const struct holding *h = &after.held[i];

		if (h->voice + h->other > p->capacity || (p->by_channel && (h->voice > p->voice || h->other > p->other)))
			fail_msg("a%u has %u calls and %u others, which is too much", i, h->voice, h->other);
	}
}

static void check_given(size_t i)
{
	const struct task *t = &after.tasks[i];
	int who = agent_number(t->agent);

	assert_in_range(who, 0, AGENTS - 1);
	if (!is_at_work(&people[who]))
		fail_msg("t%zu was given to a%d, who is not there", i, who);
	if (!is_able(&people[who], &jobs[i], t->step))
		fail_msg("t%zu was given to a%d, who cannot do it", i, who);
	if (people[who].declined[i])
		fail_msg("t%zu was given to a%d, who has declined it", i, who);
}

static void check_waiting(size_t i)
{
	const struct task *t = &after.tasks[i];

	if (t->due_ms && t->due_ms <= now_ms)
		fail_msg("t%zu is past its step", i);
	for (unsigned n = 0; n < AGENTS; n++) {
		const struct person *p = &people[n];

		if (!is_at_work(p) || p->declined[i] || !is_able(p, &jobs[i], t->step))
			continue;
		if (has_room(p, &after.held[n], jobs[i].channel))
			fail_msg("t%zu waits, and a%u is free", i, n);
		/* Nor has one behind it been given to them in this round, on the same channel. */
		for (size_t k = 0; k < job_count; k++) {
			bool given = after.tasks[k].status <= TASK_ASSIGNED && strcmp(after.tasks[k].agent, before.tasks[k].agent) != 0;

			if (given && agent_number(after.tasks[k].agent) == (int)n && jobs[k].channel == jobs[i].channel &&
			    after.tasks[k].place > t->place)
				fail_msg("t%zu was passed over for t%zu, which a%u got", i, k, n);
		}
	}
}

static void check(void)
{
	check_people();
	for (size_t i = 0; i < job_count; i++) {
		const struct task *was = &before.tasks[i], *is = &after.tasks[i];

		if (was->status > TASK_ASSIGNED && is->status != was->status)
			fail_msg("t%zu was over", i);
		if (is->status == TASK_QUEUED)
			check_waiting(i);
		else if (is->status == TASK_RESERVED && is->due_ms <= now_ms)
			fail_msg("t%zu has lapsed and is a%s's still", i, is->agent);
		if (is->status <= TASK_ASSIGNED && is->agent[0] && strcmp(was->agent, is->agent) != 0)
			check_given(i);
	}
}

/* ---- what happens ---- */

static void arrive_one(void)
{
	static const char *const priorities[] = {"low", "normal", "normal", "high", "critical"};
	struct job *j = &jobs[job_count];
	struct buf b;
	char id[32];
	bool any = false;

	*j = (struct job){.lang = (int)chance(4) - 1, .channel = chance(3)};
	buf_init(&b, 1024);
	buf_addf(&b, "\"priority\":\"%s\",\"channel\":\"%s\"", priorities[chance(5)], channels[j->channel]);
	if (j->lang >= 0)
		buf_addf(&b, ",\"lang\":\"%s\"", langs[j->lang]);
	buf_addf(&b, ",\"skills\":[");
	for (unsigned n = 0; n < SKILLS; n++)
		if (chance(4) == 0) {
			buf_addf(&b, "%s\"%s\"", any ? "," : "", skills[n]);
			j->asks[n] = any = true;
		}
	buf_addf(&b, "]");
	if (any && chance(3) == 0) {
		unsigned n = 0;

		while (!j->asks[n])
			n++;
		j->level = 1 + chance(5);
		buf_addf(&b, ",\"levels\":{\"%s\":%u}", skills[n], j->level);
	}
	snprintf(id, sizeof(id), "t%zu", job_count++);
	arrive(id, b.data);
	buf_clear(&b);
}

/* Somebody says something about a task, rightly or wrongly. */
static void answer(void)
{
	static desk_say_fn *const sayings[] = {assign_accept, assign_accept, assign_decline, assign_complete, assign_complete};
	size_t i = chance((unsigned)job_count), what = chance(5);
	int who = agent_number(after.tasks[i].agent);
	char id[32], agent[8];
	int result;

	if (chance(8) == 0)
		who = (int)chance(AGENTS);
	if (who < 0)
		return;
	snprintf(id, sizeof(id), "t%zu", i);
	snprintf(agent, sizeof(agent), "a%d", who);
	result = sayings[what](&a, id, agent, now_ms, &e);
	if (result < 0)
		assert_int_equal(e.code, EX_UNDELIVERED);
	else if (sayings[what] == assign_decline && after.tasks[i].status <= TASK_ASSIGNED)
		people[who].declined[i] = true;
	if (assign_written(&a, &e) < 0)
		fail_msg("%s", e.text);
	buf_reset(&out.buf);
}

static void come_or_go(void)
{
	static const char *const words[] = {"available", "available", "busy", "away", "offline"};
	unsigned i = chance(AGENTS), word = chance(5);
	char id[8];

	snprintf(id, sizeof(id), "a%u", i);
	be(id, &(struct roster_change){.status = words[word]});
	people[i].status = (enum agent_status)agent_status_parse(words[word]);
}

static void play(uint64_t seed)
{
	chance_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	job_count = 0;
	make_desk();
	look(&after);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = chance(4); i > 0 && job_count < TASKS; i--)
			arrive_one();
		hand_out(chance(3) == 0 ? 0 : (int64_t)chance(90) * WHEN_SECOND);
		before = after;
		look(&after);
		check();
		for (unsigned i = chance(6); i > 0 && job_count > 0; i--) {
			answer();
			look(&after);
		}
		if (chance(4) == 0)
			come_or_go();
		look(&after);
	}
}

static void test_whatever_happens(void **state)
{
	const char *one = getenv("SEED"), *many = getenv("SEEDS");
	uint64_t from = one ? strtoull(one, NULL, 10) : 1, count = one ? 1 : many ? strtoull(many, NULL, 10) : 4;

	for (uint64_t seed = from; seed < from + count; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		if (seed > from) {
			tear_down(state);
			set_up(state);
		}
		play(seed);
	}
}

/* Equal agents who are quick get the same, however many tasks come at a time. */
static void test_turns_are_even(void **state)
{
	unsigned got[4] = {0}, most = 0, least = 1000;

	(void)state;
	use("agents: {a0: {capacity: 2}, a1: {capacity: 2}, a2: {capacity: 2}, a3: {capacity: 2}}\nqueues: {default: {reserve: 0s}}");
	chance_state = 7;
	for (unsigned i = 0; i < 200; i++) {
		unsigned count = 1 + chance(3);
		char id[32];

		for (unsigned n = 0; n < count; n++) {
			snprintf(id, sizeof(id), "t%u-%u", i, n);
			arrive(id, "");
		}
		hand_out(WHEN_SECOND);
		for (unsigned n = 0; n < count; n++) {
			struct task t;

			snprintf(id, sizeof(id), "t%u-%u", i, n);
			assert_int_equal(task_find(store, id, &t, &e), 1);
			got[agent_number(t.agent)]++;
			say(assign_complete, id, NULL);
			task_clear(&t);
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		most = got[i] > most ? got[i] : most;
		least = got[i] < least ? got[i] : least;
	}
	assert_in_range(most - least, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_whatever_happens), TEST(test_turns_are_even)};

	return cmocka_run_group_tests_name("assign_random", tests, NULL, NULL);
}
