/* All accounts of a configuration, and which of them a channel goes through. */
#include <stdlib.h>
#include <string.h>

#include "common/closest.h"
#include "common/line/id.h"
#include "common/provider/account.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct way {
	char *channel;
	struct account **accounts;      /* NULL-ended; NULL: no way */
	struct way *next;
};

struct accounts {
	const struct config *config;
	struct account *first;          /* in the configuration's order; a sandbox nobody asked for comes last */
	struct way *ways;
};

struct account *accounts_find(struct accounts *a, const char *name)
{
	for (struct account *x = a->first; x; x = x->next)
		if (strcmp(x->name, name) == 0)
			return x;
	return NULL;
}

const char *accounts_from(const struct accounts *a, const char *channel)
{
	return json_string_value(json_object_get(json_object_get(a->config->channels, channel), "from"));
}

void accounts_check_secrets(struct accounts *a, void (*tell)(void *ctx, const struct err *finding), void *ctx)
{
	struct err e;

	for (struct account *x = a->first; x; x = x->next)
		if (account_ready(x, &e) < 0)
			tell(ctx, &e);
}

static bool is_sandbox(const struct account *x)
{
	return x->provider == provider_find(PROVIDER_SANDBOX);
}

static bool only_sandboxes(const struct accounts *a)
{
	for (const struct account *x = a->first; x; x = x->next)
		if (!is_sandbox(x))
			return false;
	return true;
}

static bool fits(const struct accounts *a, const struct account *x, const char *channel)
{
	if (is_sandbox(x))
		return (json_object_size(a->config->accounts) > 0 || json_object_size(a->config->channels) == 0) && only_sandboxes(a) &&
		    (address_channel_known(channel) || json_object_get(a->config->channels, channel));
	return x->provider->channels ? provider_serves(x->provider, channel) : strcmp(x->name, channel) == 0;
}

static size_t count_accounts(const struct accounts *a)
{
	size_t count = 0;

	for (const struct account *x = a->first; x; x = x->next)
		count++;
	return count;
}

/* In the order of the configuration: `via`, else all that fit. */
static struct account **find_way(struct accounts *a, const char *channel)
{
	const json_t *via = json_object_get(json_object_get(a->config->channels, channel), "via");
	struct account **list;
	size_t used = 0;

	list = xcalloc(count_accounts(a) + json_array_size(via) + 2, sizeof(struct account *));
	if (json_is_string(via))
		list[used++] = accounts_find(a, json_string_value(via));
	for (size_t i = 0; i < json_array_size(via); i++)
		list[used++] = accounts_find(a, json_string_value(json_array_get(via, i)));
	for (struct account *x = a->first; x && !via; x = x->next)
		if (fits(a, x, channel))
			list[used++] = x;
	if (used > 0)
		return list;
	free(list);
	return NULL;
}

struct account *const *accounts_of_channel(struct accounts *a, const char *channel)
{
	struct way *w;

	for (w = a->ways; w; w = w->next)
		if (strcmp(w->channel, channel) == 0)
			return w->accounts;
	w = xcalloc(1, sizeof(*w));
	*w = (struct way){.channel = xstrdup(channel), .accounts = find_way(a, channel), .next = a->ways};
	a->ways = w;
	return w->accounts;
}

static const char *closest_provider(const char *name)
{
	const char *guess = NULL;

	for (const struct provider *const *p = providers; *p; p++)
		guess = closest_of(name, guess, (*p)->name);
	return guess;
}

static int add_account(struct accounts *a, const char *name, const json_t *given, bool mask, struct err *e)
{
	const json_t *asked = json_object_get(given, "provider");
	const char *word = asked ? json_string_value(asked) : name;
	const struct provider *p = word ? provider_find(word) : NULL;
	struct account *x, **end = &a->first;

	if (!id_valid(name))
		return config_fail(a->config, given, e, "not a name of 1 to 64 bytes");
	if (!word)
		return config_fail_member(a->config, given, "provider", e, "not a provider's name");
	if (!p && asked)
		return config_fail(a->config, asked, e, "no provider is called '%s'%s", err_quote(word), closest_hint(closest_provider(word)));
	if (!p)
		return config_fail(a->config, given, e, "no provider is called '%s': say which with 'provider'%s", err_quote(name),
		    closest_hint(closest_provider(name)));
	if (strcmp(name, PROVIDER_SANDBOX) == 0 && p != provider_find(PROVIDER_SANDBOX))
		return config_fail(a->config, asked, e, "the name '" PROVIDER_SANDBOX "' is the built-in carrier's");
	if (account_new(a->config, name, p, given, mask, &x, e) < 0)
		return -1;
	while (*end)
		end = &(*end)->next;
	*end = x;
	return 0;
}

/* A provider's name alone is not enough: an account says with which settings. */
static int no_account(const struct accounts *a, const json_t *name, struct err *e)
{
	const char *word = json_string_value(name), *guess = NULL;

	for (const struct account *x = a->first; x; x = x->next)
		guess = closest_of(word, guess, x->name);
	if (provider_find(word))
		return config_fail(a->config, name, e, "no account is called '%s' ('accounts: {%s: {...}}' sets it up, msg-providers(7))", word, word);
	return config_fail(a->config, name, e, "no account is called '%s'%s", err_quote(word), closest_hint(guess));
}

static int check_via(struct accounts *a, const char *channel, const json_t *name, struct err *e)
{
	const struct account *x = accounts_find(a, json_string_value(name));

	if (!x)
		return no_account(a, name, e);
	if (!provider_serves(x->provider, channel))
		return config_fail(a->config, name, e, "provider '%s' does not serve the channel '%s'", x->provider->name, err_quote(channel));
	return 0;
}

/* That it is a map with text for `via` and `from` the configuration has checked. */
static int check_channel(struct accounts *a, const char *channel, const json_t *given, struct err *e)
{
	const json_t *via = json_object_get(given, "via"), *from = json_object_get(given, "from");

	if (from && strpbrk(json_string_value(from), "\r\n"))
		return config_fail(a->config, from, e, "has a line break");
	if (json_is_string(via))
		return check_via(a, channel, via, e);
	for (size_t i = 0; i < json_array_size(via); i++)
		if (check_via(a, channel, json_array_get(via, i), e) < 0)
			return -1;
	return 0;
}

static int check_all(struct accounts *a, bool mask, struct err *e)
{
	struct account *sandbox, **end = &a->first;
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)a->config->accounts, key, member)
		if (add_account(a, key, member, mask, e) < 0)
			return -1;
	while (*end)
		end = &(*end)->next;
	if (!accounts_find(a, PROVIDER_SANDBOX)) {
		if (account_new(a->config, PROVIDER_SANDBOX, provider_find(PROVIDER_SANDBOX), NULL, mask, &sandbox, e) < 0)
			return -1;
		*end = sandbox;
	}
	json_object_foreach((json_t *)a->config->channels, key, member)
		if (check_channel(a, key, member, e) < 0)
			return -1;
	return 0;
}

int accounts_open(const struct config *c, bool mask, struct accounts **ret_accounts, struct err *e)
{
	struct accounts *a = xcalloc(1, sizeof(*a));

	a->config = c;
	if (check_all(a, mask, e) < 0) {
		accounts_free(a);
		return -1;
	}
	*ret_accounts = a;
	return 0;
}

void accounts_free(struct accounts *a)
{
	if (!a)
		return;
	while (a->first) {
		struct account *next = a->first->next;

		account_free(a->first);
		a->first = next;
	}
	while (a->ways) {
		struct way *next = a->ways->next;

		free(a->ways->channel);
		free(a->ways->accounts);
		free(a->ways);
		a->ways = next;
	}
	free(a);
}
