/* The configuration: where it is found, what its defaults are, which mistakes it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/config/config.h"

#include "common/banned.h"

static char home[] = "/tmp/msg-test-config-XXXXXX";

/* An empty home that is also the working directory, and no variable that says otherwise. */
static int enter_home(void **state)
{
	(void)state;
	memcpy(home + strlen(home) - 6, "XXXXXX", 6);
	unsetenv("MSG_CONFIG");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	return !mkdtemp(home) || chdir(home) < 0 || setenv("HOME", home, 1) < 0;
}

static int leave_home(void **state)
{
	(void)state;
	unlink("c.yaml");
	unlink(".config/msg/config.yaml");
	rmdir(".config/msg");
	rmdir(".config");
	return chdir("/") < 0 || rmdir(home) < 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static struct config *must_load(const char *path)
{
	struct config *c = NULL;
	struct err e = {0};

	if (config_load(path, &c, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

static void assert_path(const char *got, const char *below_home)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "%s%s", home, below_home);
	assert_string_equal(got, expected);
}

static void built_in(void **state)
{
	struct config *c;

	(void)state;
	if (access("/etc/msg/config.yaml", F_OK) == 0)
		skip();
	c = must_load(NULL);
	assert_null(c->path);
	assert_null(c->yaml);
	assert_null(c->channels);
	assert_null(c->accounts);
	assert_null(c->contacts);
	assert_null(c->policy);
	assert_path(c->state, "/.local/state/msg");
	config_free(c);
}

static void found_in_order(void **state)
{
	struct config *c;

	(void)state;
	mkdir(".config", 0700);
	mkdir(".config/msg", 0700);
	put(".config/msg/config.yaml", "state: own\n");
	c = must_load(NULL);
	assert_path(c->path, "/.config/msg/config.yaml");
	assert_path(c->state, "/.config/msg/own");
	config_free(c);

	put("c.yaml", "state: other\n");
	setenv("MSG_CONFIG", "c.yaml", 1);
	c = must_load(NULL);
	assert_string_equal(c->path, "c.yaml");
	assert_string_equal(c->state, "other");
	config_free(c);

	c = must_load(".config/msg/config.yaml");
	assert_string_equal(c->path, ".config/msg/config.yaml");
	assert_string_equal(c->directory, ".config/msg");
	assert_string_equal(c->state, ".config/msg/own");
	config_free(c);
}

static void xdg_directories(void **state)
{
	struct config *c;

	(void)state;
	setenv("XDG_STATE_HOME", "/var/tmp/elsewhere", 1);
	c = must_load("/dev/null");
	assert_string_equal(c->state, "/var/tmp/elsewhere/msg");
	config_free(c);
	setenv("XDG_STATE_HOME", "relative", 1);
	c = must_load("/dev/null");
	assert_path(c->state, "/.local/state/msg");
	config_free(c);
	if (geteuid() != 0)
		return;
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	c = must_load("/dev/null");
	assert_string_equal(c->state, "/var/lib/msg");
	config_free(c);
}

static void a_file_that_was_asked_for_must_be_there(void **state)
{
	struct config *c = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(config_load("nowhere.yaml", &c, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_string_equal(e.text, "cannot open 'nowhere.yaml': No such file or directory");
	setenv("MSG_CONFIG", "nowhere.yaml", 1);
	assert_int_equal(config_load(NULL, &c, &e), -1);
	assert_null(c);
}

static void everything_set(void **state)
{
	struct config *c;

	(void)state;
	put("c.yaml", "state: /var/tmp/state\npolicy: policy.yaml\ntemplates: ~/templates\n"
	    "contacts: [a.csv, 'cmd:./crm']\n"
	    "channels:\n  sms: {via: [twilio, vonage], from: '+15550001111'}\n  email: {via: smtp}\n  slack: {}\n"
	    "accounts:\n  twilio: {account_sid: AC1}\n  sandbox: {}\noptin: {checkpoint: 100}\n");
	c = must_load("c.yaml");
	assert_string_equal(c->state, "/var/tmp/state");
	assert_string_equal(c->policy, "policy.yaml");
	assert_path(c->templates, "/templates");
	assert_int_equal(json_array_size(c->contacts), 2);
	assert_int_equal(json_object_size(c->channels), 3);
	assert_int_equal(json_object_size(c->accounts), 2);
	assert_int_equal(json_integer_value(json_object_get(c->optin, "checkpoint")), 100);
	config_free(c);
}

static void paths(void **state)
{
	struct config c = {.directory = (char *)"/etc/msg"};
	static const char *const cases[][3] = {
	    {"/etc/msg", "a/b", "/etc/msg/a/b"},
	    {"/etc/msg", "/a", "/a"},
	    {"/", "a", "/a"},
	    {".", "a", "a"},
	    {"conf", "~user/a", "conf/~user/a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *got;

		c.directory = (char *)cases[i][0];
		got = config_path(&c, cases[i][1]);
		assert_string_equal(got, cases[i][2]);
		free(got);
	}
}

static void mistakes(void **state)
{
	static const char *const cases[][2] = {
	    {"- a\n", "c.yaml:1: must be a map"},
	    {"chanels: {}\n", "c.yaml:1: chanels: unknown key (did you mean 'channels'?)"},
	    {"\nstate: 5\n", "c.yaml:2: state: must be text: put the number in quotes"},
	    {"policy: ''\n", "c.yaml:1: policy: must be text"},
	    {"templates: [a]\n", "c.yaml:1: templates: must be text"},
	    {"contacts: {a: b}\n", "c.yaml:1: contacts: must be text"},
	    {"contacts: [a.csv, null]\n", "c.yaml:1: contacts: item 2 must be text"},
	    {"channels: [sms]\n", "c.yaml:1: channels: must be a map"},
	    {"accounts: true\n", "c.yaml:1: accounts: must be a map"},
	    {"optin: yes\n", "c.yaml:1: optin: must be a map"},
	    {"channels:\n  sms: twilio\n", "c.yaml:2: channels.sms: must be a map such as {via: [sandbox]}"},
	    {"channels:\n  sms:\n    vai: a\n", "c.yaml:3: channels.sms.vai: unknown key (did you mean 'via'?)"},
	    {"channels:\n  sms:\n    via: [a, 5]\n", "c.yaml:3: channels.sms.via: item 2 must be text"},
	    {"channels:\n  sms:\n    via: []\n", "c.yaml:3: channels.sms.via: names no account"},
	    {"channels:\n  sms:\n    via: true\n", "c.yaml:3: channels.sms.via: must be text"},
	    {"channels:\n  sms: {via: a, from: 12345}\n", "c.yaml:2: channels.sms.from: must be text: put the number in quotes"},
	    {"accounts:\n  a: {}\n  smtp:\n", "c.yaml:3: accounts.smtp: must be a map ({} when there is nothing to set)"},
	    {"a: b: c\n", "c.yaml:1: not YAML: mapping values are not allowed in this context"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config *c = NULL;
		struct err e = {0};

		put("c.yaml", cases[i][0]);
		assert_int_equal(config_load("c.yaml", &c, &e), -1);
		assert_int_equal(e.code, EX_CONFIG);
		assert_string_equal(e.text, cases[i][1]);
		assert_null(c);
	}
}

static void failing_on_behalf_of_others(void **state)
{
	struct config built_in = {0}, *c;
	struct err e = {0};

	(void)state;
	put("c.yaml", "accounts:\n  smtp: {tls: true, old: true}\n");
	c = must_load("c.yaml");
	assert_int_equal(config_fail(c, json_object_get(c->accounts, "smtp"), &e, "'%s' missing", "url"), -1);
	assert_string_equal(e.text, "c.yaml:2: accounts.smtp: 'url' missing");
	config_fail_member(c, json_object_get(c->accounts, "smtp"), "tls", &e, "bad");
	assert_string_equal(e.text, "c.yaml:2: accounts.smtp.tls: bad");
	config_free(c);
	config_fail(&built_in, NULL, &e, "bad");
	assert_string_equal(e.text, "configuration: bad");
	assert_int_equal(e.code, EX_CONFIG);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, enter_home, leave_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOME(built_in),
	    IN_HOME(found_in_order),
	    IN_HOME(xdg_directories),
	    IN_HOME(a_file_that_was_asked_for_must_be_there),
	    IN_HOME(everything_set),
	    IN_HOME(paths),
	    IN_HOME(mistakes),
	    IN_HOME(failing_on_behalf_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
