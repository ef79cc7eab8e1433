/* Flows: answers that match, files that are refused, and the steps of a conversation without a store. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/bot/answer.h"
#include "common/bot/flow.h"
#include "common/bot/say.h"
#include "common/bot/step.h"
#include "common/buf.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define T0 INT64_C(1700000000000)

static struct err e;

/* ---- answers ---- */

static bool matches(const char *pattern, const char *text)
{
	struct answer *a;
	bool result;

	assert_int_equal(answer_compile(pattern, &a, &e), 0);
	result = answer_matches(a, text, NULL);
	answer_free(a);
	return result;
}

static void words_match_as_people_write_them(void **state)
{
	(void)state;
	assert_true(matches("yes|y|sí", "yes"));
	assert_true(matches("yes|y|sí", "  YES!  "));
	assert_true(matches("yes|y|sí", "Si."));
	assert_true(matches("yes | y | sí", "SÍ"));
	assert_true(matches("2", "2."));
	assert_true(matches("2", "(2)"));
	assert_true(matches("2", "２"));
	assert_true(matches("start over", "Start   over"));
	assert_true(matches("да", "ДА"));
	assert_true(matches("👍|yes", "👍"));
	assert_false(matches("👍|yes", "👎"));
	assert_false(matches("👍|yes", ""));
	assert_false(matches("yes|y", "yesterday"));
	assert_false(matches("2", "22"));
	assert_false(matches("2", ""));
}

static void expressions(void **state)
{
	struct answer *a;
	json_t *captures = json_object();

	(void)state;
	assert_true(matches("/^[0-9]+$/", " 42 "));
	assert_false(matches("/^[0-9]+$/", "42a"));
	assert_true(matches("/yes|no/", "Oh NO"));
	assert_int_equal(answer_compile("/([0-9]+):([0-9]+)( pm)?/", &a, &e), 0);
	assert_true(answer_matches(a, "at 10:30 then", captures));
	assert_string_equal(envelope_text(captures, "0", ""), "10:30");
	assert_string_equal(envelope_text(captures, "2", ""), "30");
	assert_null(json_object_get(captures, "3"));
	assert_false(answer_matches(a, "never", captures));
	assert_string_equal(envelope_text(captures, "1", ""), "10");
	answer_free(a);
	/* Bytes of half a character are no text. */
	assert_int_equal(answer_compile("/^(.)/", &a, &e), 0);
	assert_true(answer_matches(a, "ñ", captures));
	assert_null(json_object_get(captures, "1"));
	answer_free(a);
	json_decref(captures);
}

static void patterns_refused(void **state)
{
	static const char *const bad[] = {"", " ", "a||b", "|a", "a|", "/(/", "/(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)/"};
	struct answer *a;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (answer_compile(bad[i], &a, &e) == 0)
			fail_msg("'%s' was accepted", bad[i]);
}

static void long_texts_match_nothing(void **state)
{
	char text[ANSWER_BYTES + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[ANSWER_BYTES] = '\0';
	assert_true(matches("/a/", text));
	text[ANSWER_BYTES] = 'a';
	text[ANSWER_BYTES + 1] = '\0';
	assert_false(matches("/a/", text));
}

/* ---- files ---- */

static int load(const char *text, struct flow **ret_flow)
{
	return flow_parse("flows/clinic.v2.yaml", text, strlen(text), ret_flow, &e);
}

static struct flow *good(const char *text)
{
	struct flow *f = NULL;

	if (load(text, &f) < 0)
		fail_msg("%s", e.text);
	return f;
}

/* A whole file, its line at fault, and what is said about it. */
static void bad(const char *text, unsigned line, const char *why)
{
	struct flow *f;
	char place[96];

	if (load(text, &f) == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(e.code, EX_CONFIG);
	if (line) {
		snprintf(place, sizeof(place), "flows/clinic.v2.yaml:%u: ", line);
		assert_contains(e.text, place);
	}
	assert_contains(e.text, why);
}

/* The states alone, after two lines of head. */
static void bad_states(const char *states, unsigned line, const char *why)
{
	char *text = xformat("start: a\nstates:\n%s", states);

	bad(text, line, why);
	free(text);
}

static void refused_files(void **state)
{
	(void)state;
	bad("", 0, "must be a map");
	bad("start: a\n", 0, "needs 'states'");
	bad("states: {a: {end: true}}\n", 0, "needs 'start'");
	bad("start: b\nstates: {a: {end: true}}\n", 1, "start: no such state: 'b'");
	bad("start: a\nstate: {a: {end: true}}\n", 2, "state: unknown key (did you mean 'states'?)");
	bad("start: a\nlang: english\nstates: {a: {end: true}}\n", 2, "lang: not a language");
	bad("start: a\nrestart: /x/\nstates: {a: {end: true}}\n", 2, "restart: not words");
	bad("start: a\nvars: {1st: x}\nstates: {a: {end: true}}\n", 2, "vars.1st: not a variable's name");
	bad("start: a\nvars: {x: '{{y'}\nstates: {a: {end: true}}\n", 2, "vars.x: line 1");
	bad("start: a\nstates: [a]\n", 2, "needs 'states', a map");
}

static void refused_states(void **state)
{
	(void)state;
	bad_states("  a: {end: true, sya: hi}\n", 3, "states.a.sya: unknown key (did you mean 'say'?)");
	bad_states("  a: hello\n", 3, "states.a: must be a map");
	bad_states("  a: {say: hi}\n", 3, "states.a: leads nowhere");
	bad_states("  a: {end: yes}\n", 3, "states.a.end: is true or left out");
	bad_states("  a: {end: true, to: a}\n", 3, "states.a.to: does not go with 'end'");
	bad_states("  a: {ask: x, run: y}\n", 3, "states.a.run: does not go with 'ask'");
	bad_states("  a: {to: b, timeout: {after: 1m, to: b}}\n  b: {end: true}\n", 3, "timeout: does not go with 'to'");
	bad_states("  a: {say: 12, end: true}\n", 3, "states.a.say: not a text (quote it");
	bad_states("  a: {say: true, end: true}\n", 3, "states.a.say: not a text (quote it");
	bad_states("  a: {say: [], end: true}\n", 3, "states.a.say: not a list of 1 to");
	bad_states("  a:\n    say: [hi, '{{#x}}']\n    end: true\n", 4, "states.a.say[1]: line 1: section 'x' is not closed");
	bad_states("  a: {say: {english: hi}, end: true}\n", 3, "states.a.say.english: not a language");
	bad_states("  a: {set: [x], end: true}\n", 3, "states.a.set: must be a map");
	bad_states("  a: {set: {x: [1]}, end: true}\n", 3, "states.a.set.x: a variable is a text");
	bad_states("  a: {handoff: {skill: [x]}}\n", 3, "skill: unknown key (did you mean 'skills'?)");
	bad_states("  a: {handoff: {priority: top}}\n", 3, "priority: not one of low, normal, high, critical");
	bad_states("  a: {handoff: {skills: x}}\n", 3, "skills: must be a list");
	bad_states("  a: {handoff: false}\n", 3, "handoff: must be true or a map");
}

static void refused_ways(void **state)
{
	(void)state;
	bad_states("  a: {ask: x}\n", 3, "states.a: asks and has neither 'on' nor 'to'");
	bad_states("  a: {ask: x, on: {y: bee}}\n  be: {end: true}\n", 3, "states.a.on.y: no such state: 'bee' (did you mean 'be'?)");
	bad_states("  a: {ask: x, on: {y: a}, to: b}\n  b: {end: true}\n", 3, "states.a.to: any answer leads there");
	bad_states("  a: {ask: x, on: {/(/: b}}\n  b: {end: true}\n", 3, "not a regular expression");
	bad_states("  a: {ask: x, on: {'y|': b}}\n  b: {end: true}\n", 3, "an empty word");
	bad_states("  a: {ask: x, on: {y: [b]}}\n  b: {end: true}\n", 3, "must be a state's name or a map");
	bad_states("  a: {ask: x, on: {y: {too: b}}}\n  b: {end: true}\n", 3, "too: unknown key (did you mean 'to'?)");
	bad_states("  a: {ask: x, on: {y: b}, else: {tries: 2}}\n  b: {end: true}\n", 3, "tries: only for a question, and with 'to'");
	bad_states("  a: {ask: x, on: {y: b}, else: {tries: 0, to: b}}\n  b: {end: true}\n", 3, "tries: not a number from 1 to 100");
	bad_states("  a: {ask: x, save: 1, to: b}\n  b: {end: true}\n", 3, "save: not a text");
	bad_states("  a: {ask: x, save: a-b, to: b}\n  b: {end: true}\n", 3, "save: not a variable's name");
	bad_states("  a: {ask: x, to: b, timeout: {to: b}}\n  b: {end: true}\n", 3, "timeout: needs 'after'");
	bad_states("  a: {ask: x, to: b, timeout: {after: 5}}\n  b: {end: true}\n", 3, "after: not a text");
	bad_states("  a: {ask: x, to: b, timeout: {after: 5 min, to: b}}\n  b: {end: true}\n", 3, "after: not a duration");
	bad_states("  a: {ask: x, to: b, timeout: {after: 5m}}\n  b: {end: true}\n", 3, "timeout: needs 'to' or 'say'");
	bad_states("  a: {on: {y: b}}\n  b: {end: true}\n", 3, "'on' without 'ask' needs an 'else' that leads on");
	bad_states("  a: {on: {y: {say: x}}, else: b}\n  b: {end: true}\n", 3, "on.y: needs 'to'");
	bad_states("  a: {run: x, on: {ok: b}}\n  b: {end: true}\n", 3, "needs 'on' with both ok and fail");
	bad_states("  a: {run: x, on: {ok: b, bad: b}, to: b}\n  b: {end: true}\n", 3, "there is ok, fail, or an exit status");
	bad_states("  a: {run: x, on: {256: b}, to: b}\n  b: {end: true}\n", 3, "there is ok, fail, or an exit status");
	bad_states("  a: {run: {limit: 1s}, to: b}\n  b: {end: true}\n", 3, "needs 'command'");
	bad_states("  a: {run: {command: x, limit: 1h}, to: b}\n  b: {end: true}\n", 3, "limit: out of range");
	bad_states("  a: {handoff: true, on: {done: b}}\n  b: {end: true}\n", 3, "there is completed, declined, canceled");
}

static void refused_graphs(void **state)
{
	(void)state;
	bad_states("  a: {end: true}\n  b: {end: true}\n", 4, "states.b: nothing leads to this state");
	bad_states("  a: {to: b}\n  b: {to: a}\n  c: {end: true}\n", 5, "states.c: nothing leads to this state");
	bad_states("  a: {on: {x: c}, else: b}\n  b: {to: a}\n  c: {end: true}\n", 3, "states.a: comes back to itself");
	/* Only what is in the circle is named, not what lies behind it. */
	bad_states("  a: {run: x, on: {ok: c, fail: b}}\n  c: {to: d}\n  d: {end: true}\n  b: {run: x, on: {ok: b, fail: d}}\n", 6,
	    "states.b: comes back to itself");
	bad_states("  a: {ask: x, to: b}\n  b: {ask: y, to: a}\n", 3, "states.a: no way from here to an 'end'");
	bad_states("  a: {ask: x, on: {y: b, n: c}}\n  b: {end: true}\n  c: {ask: z, to: c}\n", 5, "states.c: no way from here");
}

static void accepted(void **state)
{
	struct flow *f;
	const struct flow_state *s;

	(void)state;
	f = good("start: a\nstates:\n"
		 "  a: {ask: q, on: {1: b, /x/: {say: no}, 'y|n': {to: b, set: {z: 1}}}, else: {say: eh, tries: 2, to: c},"
		 " timeout: {after: 10m, to: b}}\n"
		 "  b: {handoff: true, to: a}\n"
		 "  c: {run: {command: 'true', limit: 2s}, on: {ok: b, 3: a, fail: d}}\n"
		 "  d: {end: true}\n");
	assert_string_equal(f->name, "clinic.v2");
	assert_string_equal(f->directory, "flows");
	s = flow_state(f, "a");
	assert_int_equal(s->kind, FLOW_ASK);
	assert_int_equal(s->rule_count, 3);
	assert_string_equal(s->rules[0].key, "1");
	assert_int_equal(s->rules[1].jump.to, FLOW_STAY);
	assert_int_equal(s->tries, 2);
	assert_int_equal(s->timeout_ms, 10 * WHEN_MINUTE);
	assert_int_equal(flow_state(f, "c")->limit_ms, 2000);
	assert_null(flow_state(f, "z"));
	flow_free(f);
}

static void clipped(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *result;
	} cases[] = {{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"añb", 2, "a"}, {"añb", 3, "añ"}, {"€", 2, ""}, {"€", 0, ""}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *value = say_clip(cases[i].text, cases[i].max);

		assert_string_equal(json_string_value(value), cases[i].result);
		json_decref(value);
	}
}

/* ---- steps ---- */

static struct flow *flow;
static struct conversation *conversation;
static struct buf said;

static void begin(const char *text)
{
	flow = good(text);
	free(flow->directory);
	flow->directory = xstrdup(".");
	conversation = conversation_new("sms:+15551230001", "sms:+15550001111", flow->name, T0);
	buf_init(&said, 8192);
}

static void finish(void)
{
	conversation_free(conversation);
	flow_free(flow);
	buf_clear(&said);
}

static void note_lines(const struct step *s)
{
	size_t i;
	json_t *line;

	buf_reset(&said);
	json_array_foreach(s->out, i, line)
		buf_addf(&said, "%s%s", i ? " / " : "", envelope_text(line, "text", envelope_text(line, "type", "")));
}

static void hear_line(json_t *inbound, const json_t *contact)
{
	struct step s;

	step_init(&s, flow, conversation, "in", T0);
	step_hear(&s, inbound, contact);
	if ((*conversation->state ? step_answer(&s, &e) : step_open(&s, &e)) < 0)
		fail_msg("%s", e.text);
	note_lines(&s);
	step_clear(&s);
	json_decref(inbound);
}

/* "hear(text) says result and is then in state". */
static void hear(const char *text, const char *result, const char *state)
{
	hear_line(json_pack("{s:s}", "text", text), NULL);
	assert_string_equal(said.data, result);
	assert_string_equal(conversation->state, state);
}

static const char *variable(const char *name)
{
	return envelope_text(json_object_get(conversation->data, "vars"), name, "(none)");
}

static void a_conversation(void **state)
{
	(void)state;
	begin("start: hello\n"
	      "vars: {clinic: Sunrise}\n"
	      "states:\n"
	      "  hello: {say: ['Hi.', '{{vars.clinic}} here.'], to: name}\n"
	      "  name: {ask: 'Your name?', save: name, to: size}\n"
	      "  size:\n"
	      "    ask: 'How many, {{vars.name}}?'\n"
	      "    on:\n"
	      "      /^([0-9]+)( people)?$/: {set: {size: '{{match.1}}', big: true}, say: '{{vars.size}} it is.', to: done}\n"
	      "      none: {say: 'At least one.'}\n"
	      "    else: {say: \"'{{text}}' is no number.\", tries: 2, to: gone}\n"
	      "  done: {say: 'Bye {{answer}}.', end: true}\n"
	      "  gone: {say: 'Enough.', end: true}\n");
	hear("anything", "Hi. / Sunrise here. / Your name?", "name");
	hear(" Ana ", "How many, Ana?", "size");
	assert_string_equal(variable("name"), "Ana");
	hear("few", "'few' is no number. / How many, Ana?", "size");
	assert_int_equal(conversation->misses, 1);
	hear("None!", "At least one. / How many, Ana?", "size");
	assert_int_equal(conversation->misses, 0);
	hear("4 people", "4 it is. / Bye 4 people.", "done");
	assert_string_equal(variable("size"), "4");
	assert_true(json_is_true(json_object_get(json_object_get(conversation->data, "vars"), "big")));
	assert_int_equal(conversation->status, CONVERSATION_ENDED);
	finish();
}

static void tries_run_out(void **state)
{
	(void)state;
	begin("start: q\nstates:\n  q: {ask: Q, on: {y: end}, else: {say: eh, tries: 2, to: end}}\n  end: {say: over, end: true}\n");
	hear("hi", "Q", "q");
	hear("a", "eh / Q", "q");
	hear("b", "eh / Q", "q");
	hear("c", "over", "end");
	finish();
}

static void branches_on_the_first_text(void **state)
{
	static const char text[] = "start: b\nstates:\n  b: {on: {'book|appointment': book, /^cancel/: bye}, else: menu}\n"
				   "  book: {ask: When, to: bye}\n  menu: {ask: What, to: bye}\n  bye: {say: bye, end: true}\n";

	(void)state;
	begin(text);
	hear("Book!", "When", "book");
	finish();
	begin(text);
	hear("cancel it", "bye", "bye");
	finish();
	begin(text);
	hear("hello", "What", "menu");
	finish();
}

static void the_language_of_the_person(void **state)
{
	static const char text[] = "start: q\nlang: en\nstates:\n"
				   "  q: {ask: {en: Q, es: P, fr: F}, on: {fr: {set: {lang: fr}, to: q2}, x: q2}}\n"
				   "  q2: {ask: {en: two, es: dos, fr: deux}, to: end}\n  end: {end: true}\n";
	json_t *spanish = json_pack("{s:s}", "lang", "es-MX");

	(void)state;
	begin(text);
	hear("hi", "Q", "q");
	finish();
	begin(text);
	hear_line(json_pack("{s:s, s:{s:s}}", "text", "hi", "insight", "lang", "fr"), spanish);
	assert_string_equal(said.data, "P");
	hear("fr", "deux", "q2");
	finish();
	begin(text);
	hear_line(json_pack("{s:s, s:{s:s}}", "text", "hola", "insight", "lang", "es"), NULL);
	assert_string_equal(said.data, "P");
	/* One short answer that looks like another language changes nothing. */
	hear_line(json_pack("{s:s, s:{s:s}}", "text", "x", "insight", "lang", "fr"), NULL);
	assert_string_equal(said.data, "dos");
	finish();
	begin(text);
	hear_line(json_pack("{s:s, s:{s:s}}", "text", "hi", "insight", "lang", "not a language"), NULL);
	assert_string_equal(said.data, "Q");
	finish();
	json_decref(spanish);
}

static void commands_decide(void **state)
{
	(void)state;
	begin("start: q\nstates:\n"
	      "  q: {ask: Q, save: n, to: r}\n"
	      "  r:\n"
	      "    run: {command: 'read -r line; case $line in *slow*) sleep 60;; *bad*) echo no json;; *big*) head -c 70000 /dev/zero;;"
	      " *three*) exit 3;; *four*) echo \"{\\\"why\\\":\\\"four\\\"}\"; exit 4;; *) printf \"%s\" \"$line\" | tr -d \"\\n\";; esac', limit: 1s}\n"
	      "    on: {ok: good, 3: three, fail: bad}\n"
	      "  good: {say: 'ok {{vars.state}} {{vars.answer}} {{vars.from}}', to: q}\n"
	      "  three: {say: three, to: q}\n"
	      "  bad: {say: 'fail {{vars.why}}', set: {why: ''}, ask: Again, on: {y: q, n: end}}\n"
	      "  end: {end: true}\n");
	hear("hi", "Q", "q");
	/* The whole conversation went in as one line, and what came out are variables. */
	hear("it's \"quoted\" $(id)", "ok r it's \"quoted\" $(id) sms:+15551230001 / Q", "q");
	hear("three", "three / Q", "q");
	hear("bad", "fail  / Again", "bad");
	hear("y", "Q", "q");
	hear("big", "fail  / Again", "bad");
	hear("y", "Q", "q");
	hear("four", "fail  / Again", "bad");
	hear("y", "Q", "q");
	hear("slow", "fail  / Again", "bad");
	finish();
}

static void timeouts_and_returns(void **state)
{
	struct step s;

	(void)state;
	begin("start: q\nstates:\n"
	      "  q: {ask: Q, on: {help: person}, timeout: {after: 5m, say: 'Still there?'}}\n"
	      "  person: {handoff: {skills: [desk], priority: high, reason: '{{text}}!'}, on: {completed: done, declined: sorry}}\n"
	      "  sorry: {say: sorry, to: q}\n"
	      "  done: {say: done, end: true}\n");
	hear("hi", "Q", "q");
	assert_int_equal(conversation->due_ms, T0 + 5 * WHEN_MINUTE);
	step_init(&s, flow, conversation, "t", T0 + 6 * WHEN_MINUTE);
	assert_int_equal(step_timeout(&s, &e), 0);
	note_lines(&s);
	assert_string_equal(said.data, "Still there?");
	assert_int_equal(conversation->due_ms, 0);
	step_clear(&s);
	hear("help", "task", "person");
	assert_int_equal(conversation->status, CONVERSATION_HANDED);
	assert_string_equal(conversation->task, "in.1");
	step_init(&s, flow, conversation, "r", T0);
	assert_int_equal(step_return(&s, "declined", &e), 0);
	note_lines(&s);
	assert_string_equal(said.data, "sorry / Q");
	step_clear(&s);
	assert_int_equal(conversation->status, CONVERSATION_OPEN);
	hear("help", "task", "person");
	/* Nothing says where a canceled one goes on. */
	step_init(&s, flow, conversation, "r", T0);
	assert_int_equal(step_return(&s, "canceled", &e), 0);
	assert_int_equal(json_array_size(s.out), 0);
	assert_int_equal(conversation->status, CONVERSATION_ENDED);
	step_clear(&s);
	finish();
}

static void lines_have_what_they_need(void **state)
{
	struct step s;
	json_t *inbound = json_pack("{s:s, s:s, s:s}", "text", "hi", "thread", "their-thread", "subject", "Question");
	json_t *line;
	char base[ID_BYTES + 1];

	(void)state;
	begin("start: q\nstates:\n  q: {say: [one, '{{nothing}} '], handoff: {skills: [a], reason: because}}\n");
	memset(base, 'b', ID_BYTES);
	base[ID_BYTES] = '\0';
	step_init(&s, flow, conversation, base, T0);
	step_hear(&s, inbound, NULL);
	assert_int_equal(step_open(&s, &e), 0);
	/* A text that came out empty is not said. */
	assert_int_equal(json_array_size(s.out), 2);
	line = json_array_get(s.out, 0);
	assert_int_equal(envelope_check(line, ENVELOPE_MESSAGE, &e), 0);
	assert_string_equal(envelope_text(line, "to", ""), "sms:+15551230001");
	assert_string_equal(envelope_text(line, "from", ""), "+15550001111");
	assert_string_equal(envelope_text(line, "thread", ""), "their-thread");
	assert_string_equal(envelope_text(line, "subject", ""), "Re: Question");
	assert_string_equal(envelope_text(line, "purpose", ""), "service");
	line = json_array_get(s.out, 1);
	assert_int_equal(envelope_check(line, ENVELOPE_TASK, &e), 0);
	assert_string_equal(envelope_text(line, "reason", ""), "because");
	assert_string_equal(envelope_text(json_object_get(line, "context"), "from", ""), "sms:+15551230001");
	step_clear(&s);
	json_decref(inbound);
	finish();
}

static void data_has_a_ceiling(void **state)
{
	struct step s;
	json_t *inbound, *context = json_object();
	char key[16], *big = xcalloc(1, 65537);

	(void)state;
	memset(big, 'x', 65536);
	for (int i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		json_object_set_new(context, key, json_string(big));
	}
	inbound = json_pack("{s:s, s:o}", "text", big, "context", context);
	begin("start: q\nstates:\n  q: {ask: Q, to: end}\n  end: {end: true}\n");
	step_init(&s, flow, conversation, "x", T0);
	step_hear(&s, inbound, NULL);
	assert_int_equal(step_open(&s, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_contains(e.text, "larger than");
	step_clear(&s);
	json_decref(inbound);
	free(big);
	finish();
}

static void why(void **state)
{
	struct step s;
	json_t *inbound = json_pack("{s:s}", "text", "n"), *entry, *rule;

	(void)state;
	begin("start: q\nstates:\n  q: {ask: 'Q {{vars.gone}}', on: {y: end, n: end, /n/: q}}\n  end: {say: '{{x}}', end: true}\n");
	hear("hi", "Q ", "q");
	step_init(&s, flow, conversation, "x", T0);
	s.explain = true;
	step_hear(&s, inbound, NULL);
	assert_int_equal(step_answer(&s, &e), 0);
	assert_int_equal(json_array_size(s.why), 1);
	entry = json_array_get(s.why, 0);
	assert_string_equal(envelope_text(entry, "state", ""), "q");
	assert_string_equal(envelope_text(entry, "by", ""), "n");
	assert_string_equal(envelope_text(entry, "to", ""), "end");
	assert_int_equal(json_array_size(json_object_get(entry, "rules")), 3);
	rule = json_array_get(json_object_get(entry, "rules"), 1);
	assert_true(json_is_true(json_object_get(rule, "matched")));
	/* The expression would have matched too, but it stands behind. */
	assert_true(json_is_false(json_object_get(json_array_get(json_object_get(entry, "rules"), 2), "matched")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(entry, "missing"), 0)), "x");
	step_clear(&s);
	json_decref(inbound);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_match_as_people_write_them),
	    cmocka_unit_test(expressions),
	    cmocka_unit_test(patterns_refused),
	    cmocka_unit_test(long_texts_match_nothing),
	    cmocka_unit_test(refused_files),
	    cmocka_unit_test(refused_states),
	    cmocka_unit_test(refused_ways),
	    cmocka_unit_test(refused_graphs),
	    cmocka_unit_test(accepted),
	    cmocka_unit_test(clipped),
	    cmocka_unit_test(a_conversation),
	    cmocka_unit_test(tries_run_out),
	    cmocka_unit_test(branches_on_the_first_text),
	    cmocka_unit_test(the_language_of_the_person),
	    cmocka_unit_test(commands_decide),
	    cmocka_unit_test(timeouts_and_returns),
	    cmocka_unit_test(lines_have_what_they_need),
	    cmocka_unit_test(data_has_a_ceiling),
	    cmocka_unit_test(why),
	};

	diag_init("test_flow", true, 0);
	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
