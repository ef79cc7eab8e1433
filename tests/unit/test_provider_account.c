/* Accounts: what a configuration may say about them, which of them a channel goes through, when secrets are read. */
#include "tests/unit/rig.h"

#include "common/banned.h"

static void assert_refused(const char *yaml, const char *text)
{
	struct rig g;

	rig_config(&g, yaml, false);
	if (g.accounts)
		fail_msg("accepted: %s", yaml);
	assert_int_equal(g.e.code, EX_CONFIG);
	assert_contains(g.e.text, text);
	rig_close(&g);
}

/* The names of the accounts of a channel, in order. */
static void assert_way(struct rig *g, const char *channel, const char *wanted)
{
	struct account *const *list = accounts_of_channel(g->accounts, channel);
	struct buf names;

	buf_init(&names, 256);
	for (size_t i = 0; list && list[i]; i++)
		buf_addf(&names, "%s%s", i ? " " : "", account_name(list[i]));
	assert_string_equal(names.data, wanted);
	/* The engine keeps the array: asking again gives the same one. */
	assert_ptr_equal(list, accounts_of_channel(g->accounts, channel));
	buf_clear(&names);
}

static void test_without_any_everything_goes_to_the_sandbox(void **state)
{
	struct rig g;

	(void)state;
	rig_config(&g, "state: /tmp\n", false);
	assert_non_null(g.accounts);
	assert_way(&g, "sms", "sandbox");
	assert_null(accounts_of_channel(g.accounts, "pigeon"));
	assert_null(accounts_from(g.accounts, "sms"));
	assert_null(accounts_find(g.accounts, "twilio"));
	rig_close(&g);
}

static void test_a_sandbox_with_settings_is_still_the_way(void **state)
{
	struct rig g;

	(void)state;
	rig_config(&g, "channels: {sms: {from: \"+15550001111\"}}\naccounts: {sandbox: {delivered: 90s}}\n", false);
	assert_way(&g, "sms", "sandbox");
	assert_string_equal(accounts_from(g.accounts, "sms"), "+15550001111");
	assert_int_equal(account_number(accounts_find(g.accounts, "sandbox"), "delivered"), 90000);
	assert_int_equal(account_number(accounts_find(g.accounts, "sandbox"), "read"), 5000);
	assert_string_equal(account_text(accounts_find(g.accounts, "sandbox"), "read"), "5s");
	rig_close(&g);
}

static void test_ways(void **state)
{
	struct rig g;

	(void)state;
	rig_config(&g,
	    "channels:\n"
	    "  sms: {via: [b, hook]}\n"
	    "  chat: {via: hook}\n"
	    "  email: {from: \"Clinic <a@b.example>\"}\n"
	    "accounts:\n"
	    "  a: {provider: ntfy}\n"
	    "  b: {provider: sandbox}\n"
	    "  hook: {provider: webhook, url: \"http://127.0.0.1:1/\"}\n"
	    "  fax: {provider: exec, command: \"true\"}\n"
	    "  c: {provider: ntfy}\n", false);
	if (!g.accounts)
		fail_msg("%s", g.e.text);
	assert_way(&g, "sms", "b hook");
	assert_way(&g, "chat", "hook");
	assert_way(&g, "ntfy", "a c");
	assert_way(&g, "fax", "fax");           /* any channel, and called like this one */
	assert_way(&g, "email", "");            /* a webhook is nobody's silent fall-back, and neither is the sandbox */
	assert_null(accounts_of_channel(g.accounts, "email"));
	rig_close(&g);
}

static void test_mistakes_have_a_place(void **state)
{
	(void)state;
	assert_refused("accounts:\n  twilo: {}\n", ":2: accounts.twilo: no provider is called 'twilo'");
	assert_refused("accounts:\n  a: {provider: nosuch}\n", "accounts.a.provider: no provider is called 'nosuch'");
	assert_refused("accounts:\n  a: {provider: twillio}\n", "no provider is called 'twillio' (did you mean 'twilio'?)");
	assert_refused("channels: {ntfy: {via: ntfy}}\n", "no account is called 'ntfy' ('accounts: {ntfy: {...}}' sets it up, msg-providers(7))");
	assert_refused("channels: {sms: {via: [fisrt]}}\naccounts: {first: {provider: exec, command: x}}\n",
	    "no account is called 'fisrt' (did you mean 'first'?)");
	assert_refused("accounts:\n  ntfy:\n    tokn: env:X\n", ":3: accounts.ntfy.tokn: unknown key (did you mean 'token'?)");
	assert_refused("accounts:\n  smtp: {user: a}\n", "accounts.smtp: url: missing");
	assert_refused("accounts: {sandbox: {provider: ntfy}}\n", "the built-in carrier's");
	assert_refused("accounts: [a]\n", "accounts: ");
	assert_refused("accounts: {ntfy: 3}\n", "accounts.ntfy: ");
	assert_refused("accounts: {sandbox: {delivered: soon}}\n", "accounts.sandbox.delivered: not a duration");
	assert_refused("accounts: {sandbox: {delivered: 3}}\n", "accounts.sandbox.delivered: not a duration");
	assert_refused("accounts: {smtp: {url: \"smtp://h\", starttls: 3}}\n", "accounts.smtp.starttls: neither true nor false");
	assert_refused("accounts: {twilio: {account_sid: 15}}\n", "put it between quotes");
	assert_refused("channels: {sms: {via: nosuch}}\n", "channels.sms.via: no account is called 'nosuch'");
	assert_refused("channels: {sms: {via: [sandbox, ntfy]}}\naccounts: {ntfy: {}}\n",
	    "channels.sms.via[1]: provider 'ntfy' does not serve the channel 'sms'");
	assert_refused("channels: {sms: {via: []}}\n", "channels.sms.via: names no account");
	assert_refused("channels: {sms: {from: 15550001111}}\n", "channels.sms.from: must be text");
	assert_refused("channels: {sms: {form: x}}\n", "unknown key (did you mean 'from'?)");
	assert_refused("channels: {sms: {overflow: cut}}\n", "channels.sms.overflow: not split, truncate or refuse: 'cut'");
	assert_refused("channels: {sms: {national: de}}\n", "channels.sms.national: not tr, es or pt: 'de'");
	assert_refused("channels: {sms: {max_segments: 256}}\n", "channels.sms.max_segments: not a whole number from 1 to 255");
	assert_refused("channels: {sms: {max_segments: 0}}\n", "channels.sms.max_segments: ");
	assert_refused("channels: {sms: {reference: 32}}\n", "channels.sms.reference: neither 8 nor 16");
	assert_refused("channels: {sms: {smart: maybe}}\n", "channels.sms.smart: neither true nor false");
	assert_refused("channels: {slack: {max_segments: 3}}\n", "channels.slack.max_segments: only text messages");
	assert_refused("accounts: {ntfy: {price: cheap}}\n", "accounts.ntfy.price: must be a map");
	assert_refused("accounts: {ntfy: {price: {amount: \"1\"}}}\n", "accounts.ntfy.price: currency: missing");
	assert_refused("accounts: {ntfy: {price: {amount: \"1\", currency: eur}}}\n", "accounts.ntfy.price.currency: must be a currency such as EUR");
	assert_refused("accounts: {ntfy: {price: {amount: 0.0079, currency: USD}}}\n", "accounts.ntfy.price.amount: must be text");
	assert_refused("accounts: {ntfy: {price: {amount: \"1,5\", currency: USD}}}\n", "accounts.ntfy.price.amount: not an amount");
	assert_refused("accounts: {ntfy: {price: {currency: USD}}}\n", "has neither amount nor prefixes");
	assert_refused("accounts: {ntfy: {price: {currency: USD, prefixes: {\"34\": \"1\"}}}}\n", "price.prefixes.34: not how a number begins");
	assert_refused("accounts: {ntfy: {price: {currency: USD, prefixes: {\"+34\": \"\"}}}}\n", "price.prefixes.+34: not an amount");
	assert_refused("accounts: {ntfy: {price: {currency: USD, amount: \"1\", each: \"2\"}}}\n", "price.each: unknown key");
}

static void test_urls(void **state)
{
	(void)state;
	assert_refused("accounts: {ntfy: {url: ntfy.sh}}\n", "accounts.ntfy.url: not a URL");
	assert_refused("accounts: {ntfy: {url: \"ftp://ntfy.sh\"}}\n", "not a URL");
	assert_refused("accounts: {ntfy: {url: \"https:///x\"}}\n", "a URL without a host");
	assert_refused("accounts: {ntfy: {url: \"https://a b/\"}}\n", "a space or control byte");
	assert_refused("accounts: {ntfy: {url: \"https://u:p@host/\"}}\n", "user and password do not belong into a URL");
	assert_refused("accounts: {smtp: {url: \"https://host\"}}\n", "not a URL of smtps://");
	assert_refused("accounts: {webhook: {url: \"https://{{to}}/x\"}}\n", "the host cannot come from a message");
}

static void test_secrets_in_plain_sight_are_refused(void **state)
{
	(void)state;
	assert_refused("accounts: {ntfy: {token: tk_123}}\n", "accounts.ntfy.token: a secret in plain sight");
	assert_refused("accounts: {webhook: {url: \"http://h/\", headers: {X-Api-Key: abc}}}\n",
	    "accounts.webhook.headers.X-Api-Key: a secret in plain sight");
	assert_refused("accounts: {webhook: {url: \"http://h/\", headers: {Authorization: Bearer abc}}}\n", "a secret in plain sight");
}

static void test_settings_that_depend_on_each_other(void **state)
{
	(void)state;
	assert_refused("accounts:\n  smtp: {url: \"smtp://h\", user: a}\n", ":2: accounts.smtp: user and password (or token) go together");
	assert_refused("accounts: {slack: {}}\n", "needs either a token or a webhook");
	assert_refused("accounts: {twilio: {account_sid: AC12}}\n", "account_sid: not AC and 32");
	assert_refused("accounts: {twilio: {account_sid: AC0123456789abcdef0123456789abcdef}}\n", "needs either auth_token or api_key");
	assert_refused("accounts: {webhook: {url: \"http://h/\", method: DELETE}}\n", "method: not POST");
}

static void test_secrets_are_read_when_they_are_needed(void **state)
{
	struct account *a;
	struct rig g;

	(void)state;
	unsetenv("RIG_TOKEN");
	rig_config(&g, "accounts: {ntfy: {token: env:RIG_TOKEN}}\n", false);
	assert_non_null(g.accounts);
	a = accounts_find(g.accounts, "ntfy");
	assert_int_equal(account_ready(a, &g.e), -1);
	assert_int_equal(g.e.code, EX_NOPERM);
	assert_contains(g.e.text, "accounts.ntfy.token: ");
	/* Asked once: a command would not be run again for every message. */
	setenv("RIG_TOKEN", "tk_secret", 1);
	assert_int_equal(account_ready(a, &g.e), -1);
	rig_close(&g);

	rig_config(&g, "accounts: {ntfy: {token: env:RIG_TOKEN}}\n", false);
	a = accounts_find(g.accounts, "ntfy");
	assert_null(account_secret(a, "token"));
	assert_int_equal(account_ready(a, &g.e), 0);
	assert_string_equal(account_secret(a, "token"), "tk_secret");
	rig_close(&g);
}

static void test_a_dry_run_reads_no_secret(void **state)
{
	struct account *a;
	struct rig g;

	(void)state;
	rig_config(&g,
	    "accounts: {webhook: {url: \"http://h/\", headers: {Authorization: \"Bearer env:RIG_NOWHERE\"}},"
	    " ntfy: {token: env:RIG_NOWHERE}}\n", true);
	a = accounts_find(g.accounts, "ntfy");
	assert_int_equal(account_ready(a, &g.e), 0);
	assert_string_equal(account_secret(a, "token"), "***");
	a = accounts_find(g.accounts, "webhook");
	assert_int_equal(account_ready(a, &g.e), 0);
	assert_string_equal(json_string_value(json_object_get(account_map(a, "headers"), "Authorization")), "Bearer ***");
	rig_close(&g);
}

static void test_secrets_are_blanked_out_of_foreign_text(void **state)
{
	char text[64] = "no: 'Bearer tk_verysecret' (tk_verysecret)";
	struct rig g;

	(void)state;
	setenv("RIG_TOKEN", "tk_verysecret", 1);
	rig_open(&g, "accounts: {w: {provider: webhook, url: \"http://h/\", headers: {Authorization: \"Bearer env:RIG_TOKEN\"},"
	             " secrets: {k: env:RIG_TOKEN}}}\n", "w");
	account_mask(g.account, text);
	assert_string_equal(text, "no: 'Bearer ***' (***)");
	rig_close(&g);
}

static void test_the_registry(void **state)
{
	(void)state;
	assert_null(provider_find("nosuch"));
	for (size_t i = 0; providers[i]; i++) {
		assert_ptr_equal(provider_find(providers[i]->name), providers[i]);
		assert_non_null(providers[i]->request);
		assert_non_null(providers[i]->response);
		assert_int_equal(!providers[i]->poll, !providers[i]->polled);
		for (const struct setting *s = providers[i]->settings; s && s->name; s++)
			assert_non_null(s->help);
	}
	assert_true(provider_serves(provider_find("twilio"), "voice"));
	assert_false(provider_serves(provider_find("twilio"), "email"));
	assert_true(provider_serves(provider_find("exec"), "pigeon"));
}

static char *read_page(void)
{
	FILE *f = fopen("man/msg-providers.7", "r");
	struct buf b;
	int c;

	assert_non_null(f);
	buf_init(&b, 1 << 20);
	while ((c = getc(f)) != EOF)
		buf_add_char(&b, (char)c);
	fclose(f);
	return buf_steal(&b);
}

/* ".It Cm user , Cm password" names both. */
static bool names_setting(const char *section, const char *end, const char *setting)
{
	char want[64];

	snprintf(want, sizeof(want), "Cm %s", setting);
	for (const char *p = section; (p = strstr(p, ".It Cm ")) && p < end; p++) {
		const char *line_end = strchr(p, '\n');

		for (const char *w = p; (w = strstr(w, want)) && w < line_end; w++)
			if (w[strlen(want)] == ' ' || w[strlen(want)] == '\n')
				return true;
	}
	return false;
}

static void test_the_page_has_every_provider_and_setting(void **state)
{
	char *page = read_page(), start[64];
	const char *way = strstr(page, ".Ss The way to the server\n"), *way_end = strstr(way + 1, "\n.S");

	(void)state;
	for (size_t i = 0; providers[i]; i++) {
		const char *section, *end;

		snprintf(start, sizeof(start), ".Ss %s\n", providers[i]->name);
		section = strstr(page, start);
		if (!section)
			fail_msg("no section for %s", providers[i]->name);
		end = strstr(section + 1, "\n.S");
		for (const struct setting *s = providers[i]->settings; s && s->name; s++)
			if (!names_setting(section, end, s->name) && !names_setting(way, way_end, s->name))
				fail_msg("%s: %s is not in its section", providers[i]->name, s->name);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_any_everything_goes_to_the_sandbox),
	    cmocka_unit_test(test_a_sandbox_with_settings_is_still_the_way),
	    cmocka_unit_test(test_ways),
	    cmocka_unit_test(test_mistakes_have_a_place),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_secrets_in_plain_sight_are_refused),
	    cmocka_unit_test(test_settings_that_depend_on_each_other),
	    cmocka_unit_test(test_secrets_are_read_when_they_are_needed),
	    cmocka_unit_test(test_a_dry_run_reads_no_secret),
	    cmocka_unit_test(test_secrets_are_blanked_out_of_foreign_text),
	    cmocka_unit_test(test_the_registry),
	    cmocka_unit_test(test_the_page_has_every_provider_and_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
