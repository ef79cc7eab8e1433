/*
 * A provider maps a message to a request and a reply to a verdict. It does no I/O, no retry, no sleeping and holds no
 * state: the engine (common/deliver) owns those. Adding one touches four places: its file, its line in registry.c,
 * its test case, its entry in msg-providers(7).
 */
#ifndef MSG_PROVIDER_H
#define MSG_PROVIDER_H

#include <jansson.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/config/secret.h"
#include "common/line/words.h"
#include "common/provider/rate.h"
#include "common/transport/request.h"

enum setting_kind {
	SETTING_TEXT,
	SETTING_SECRET,         /* a reference; see secret.h */
	SETTING_URL,            /* http or https, without user and password in it */
	SETTING_SMTP_URL,       /* smtp or smtps */
	SETTING_PATH,           /* a file; relative ones start at the configuration's directory */
	SETTING_COUNT,
	SETTING_BOOL,
	SETTING_DURATION,
	SETTING_MAP,            /* strings by name; a value may be a secret reference, or one word and a reference */
};

struct setting {
	const char *name;       /* NULL ends the table */
	enum setting_kind kind;
	bool required;
	const char *otherwise;  /* default, as text */
	const char *help;       /* for msg-providers(7) and errors */
};

enum provider_cap {
	PROVIDER_SUBJECT = 1 << 0,
	PROVIDER_HTML = 1 << 1,
	PROVIDER_MEDIA_URL = 1 << 2,            /* media by URL */
	PROVIDER_MEDIA_FILE = 1 << 3,           /* media from a file */
	PROVIDER_BUTTONS = 1 << 4,
	PROVIDER_IDEMPOTENT = 1 << 5,           /* a repeated request with the same delivery id is not delivered twice */
	PROVIDER_NO_FROM = 1 << 6,              /* needs no sender */
	PROVIDER_LINKS = 1 << 7,                /* buttons that open a URL, even if no others */
	PROVIDER_TAP = 1 << 9,                  /* a tap on the message opens its `link`, of whatever scheme */
	PROVIDER_SPOKEN = 1 << 8,               /* read aloud: a link or a choice to type is of no use there */
};

enum text_unit {
	TEXT_CHARACTERS,
	TEXT_UNITS,             /* of UTF-16 */
	TEXT_BYTES,             /* of UTF-8 */
	TEXT_ESCAPED,           /* characters, once &, < and > are written as entities */
};

/*
 * What goes into one message on a channel. common/deliver/fit.h brings a message into this shape before `request` sees
 * it, so that a provider need not check it again. 0: no limit of its own.
 */
struct limits {
	const char *channel;            /* NULL: all others, the end of the list */
	unsigned caps;                  /* of enum provider_cap, what a message may hold */
	size_t text;
	enum text_unit unit;
	unsigned media;                 /* how many */
	const char *media_type;         /* how the type of each begins: "image/" */
	unsigned buttons;               /* how many, and characters on each */
	size_t button_text;
};

/* An entry of `accounts:`, its settings checked, its secrets read at first use. */
struct account;
struct price;

const char *account_name(const struct account *a);
const char *account_text(const struct account *a, const char *setting);         /* as written, the default when not given, or NULL */
const char *account_secret(const struct account *a, const char *setting);       /* text of the secret ("***" in a dry run), or NULL */
int64_t account_number(const struct account *a, const char *setting);           /* COUNT, BOOL (0, 1), DURATION (ms); 0 without */
const json_t *account_map(const struct account *a, const char *setting);        /* MAP with its secrets read, or NULL */
const json_t *account_given(const struct account *a, const char *setting);      /* as it stands in the configuration, or NULL */

/* Blanks out ("***") every secret of the account that occurs in a text from outside. */
void account_mask(const struct account *a, char *text);

/* What a medium's URL has given, for a provider that takes files and no URLs. */
struct content {
	const char *url;
	const void *data;
	size_t len;
};

/* One leg on its way, as the provider sees it. All borrowed. */
struct delivery {
	const struct account *account;
	const json_t *message;          /* the line: subject, media, buttons, context, … */
	const json_t *recipient;        /* the contact, or NULL */
	const char *message_id;
	const char *id;                 /* of this leg, stable over retries: the idempotency key */
	unsigned leg;                   /* from 0 */
	unsigned attempt;               /* from 1 */
	const struct address *address;
	const char *from;               /* sender: of the leg, the message or the channel; or NULL */
	const char *text;               /* plain text, rendered; "" when there is none */
	const char *html;               /* or NULL */
	const char *subject;            /* or NULL */
	const struct content *contents; /* of the media that were fetched */
	size_t content_count;
	const json_t *template;         /* what the provider calls the template that it goes as; NULL: it goes in these words */
	enum purpose purpose;
	int64_t now_ms;
	/* For `poll`: what is known so far. */
	const char *provider_id;
	enum status status;
	int64_t accepted_ms;
	/* For `found`: whether a provider's id belongs to another leg. */
	bool (*known)(void *known_ctx, const char *provider_id);
	void *known_ctx;
};

struct verdict {
	enum status status;             /* ACCEPTED, SENT, DELIVERED, … or FAILED, UNDELIVERED, UNKNOWN */
	enum failure failure;
	bool retry;                     /* the same leg may be tried again later */
	int64_t retry_after_ms;         /* as the provider asked (or when polling is worth it again), or -1 */
	int64_t time_ms;                /* when it happened; 0: now */
	char provider_id[128];
	char code[48];
	char text[200];                 /* the provider's words, without secrets */
	unsigned segments;              /* 0: not known */
	char amount[24], currency[4];   /* cost, "" when not known */
};

/* All of it unknown, status as given. */
void verdict_init(struct verdict *v, enum status status);
void verdict_fail(struct verdict *v, enum failure failure, bool retry, const char *code, const char *text);

/* Copy the provider's words: cut at a whole character, control bytes made spaces. */
void verdict_text(struct verdict *v, const char *text);
void verdict_id(struct verdict *v, const char *provider_id);
void verdict_code(struct verdict *v, const char *code);

/* What it cost, where both are what msg(5) takes: "0.0075", "USD". */
void verdict_cost(struct verdict *v, const char *amount, const char *currency);

/*
 * What an HTTP status alone says: 2xx accepted; 504 UNKNOWN; 408, 421, 425, 429, other 5xx retry; 401, 403, 407 auth; 3xx,
 * 404, 405, 410 provider (the URL is wrong); else content. Transport errors too: nothing sent -> retry, a time-out or
 * broken connection after sending -> UNKNOWN, which is not a retry.
 * Returns true when the reply is a 2xx and the provider's own fields are worth reading.
 */
bool verdict_of_http(struct verdict *v, const struct reply *r);
void verdict_of_transport(struct verdict *v, const struct reply *r);    /* of a reply that is not REPLY_OK */

enum provider_found {
	PROVIDER_FOUND_YES,
	PROVIDER_FOUND_NO,              /* it was asked, and knows nothing of the leg so far */
	PROVIDER_FOUND_MAYBE,           /* it could not be asked, or what it said does not tell */
};

struct provider {
	const char *name;
	const char *help;                       /* one line */
	const char *const *channels;            /* NULL-ended; NULL: any */
	const struct setting *settings;         /* or NULL */
	unsigned caps;                          /* of enum provider_cap, what is true of all its channels */
	const struct limits *limits;            /* NULL: whatever the caps allow, without limits */

	/* How fast it lets itself be used, where it says so: what the account's `rate` goes over. NULL, or returning it: no limit. */
	const struct rates *(*rates)(const struct account *a);

	/* Settings that depend on each other; NULL: none do. No secret has been read. EX_CONFIG, without a place. */
	int (*check)(const struct account *a, struct err *e);

	/*
	 * What a template's NAME.yaml says for this provider, filled in (msg-template(5)). EX_DATAERR, without a place. NULL:
	 * it has no templates of its own.
	 */
	int (*check_template)(const json_t *template, struct err *e);

	/* The request for this leg. EX_DATAERR: this message cannot go this way; EX_CONFIG, EX_NOPERM: nor can any other. */
	int (*request)(const struct delivery *d, struct request *ret_request, struct err *e);

	/* What the reply means; `ret_verdict` has been initialised. */
	void (*response)(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict);

	/*
	 * The request that makes what was sent as d->provider_id say what this message says; its reply goes to `response`.
	 * To edit twice must be the same as once. Both NULL: nothing can be edited.
	 */
	bool (*can_edit)(const struct account *a, const char *channel, const char *provider_id);
	int (*edit)(const struct delivery *d, struct request *ret_request, struct err *e);

	/*
	 * Asks what became of an accepted leg; NULL when the provider cannot be asked. Same contracts, but an answer that
	 * says nothing new (an error too) leaves the verdict at the delivery's status.
	 */
	int (*poll)(const struct delivery *d, struct request *ret_request, struct err *e);
	void (*polled)(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict);

	/*
	 * Asks whether the provider has a leg whose request got no answer; NULL when it cannot be asked. `accepted_ms` of the
	 * delivery is when the request left. `found` fills the verdict as `response` does when the leg is among the answer.
	 */
	int (*find)(const struct delivery *d, struct request *ret_request, struct err *e);
	enum provider_found (*found)(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict);
};

extern const struct provider *const providers[];        /* NULL-ended: the registry */
const struct provider *provider_find(const char *name);
bool provider_serves(const struct provider *p, const char *channel);

/* What it carries on a channel: its own limits, less what no provider can do there (a button in a text message). */
struct limits provider_limits(const struct provider *p, const char *channel);

/*
 * The accounts of a configuration, checked against the providers' tables: unknown settings, missing ones, bad URLs are
 * EX_CONFIG with file, line and key. With `mask` no secret is read.
 */
struct accounts;
int accounts_open(const struct config *c, bool mask, struct accounts **ret_accounts, struct err *e);
void accounts_free(struct accounts *a);

/* What there is without any configuration. */
#define PROVIDER_SANDBOX "sandbox"

/* The account of a name; NULL when there is none. "sandbox" is always there. */
struct account *accounts_find(struct accounts *a, const char *name);

/*
 * The accounts that a channel goes through, in order (NULL-ended, borrowed): channels.NAME.via; else every account whose
 * provider has the channel in its list, or serves any channel and is called like this one; else the sandbox, when the
 * configuration has no channels and no accounts, or no account but the sandbox's. NULL: no way.
 */
struct account *const *accounts_of_channel(struct accounts *a, const char *channel);

/* channels.NAME.from, or NULL. */
const char *accounts_from(const struct accounts *a, const char *channel);

const struct provider *account_provider(const struct account *a);
const struct price *account_price(const struct account *a);
const struct rates *account_rates(const struct account *a);
int64_t account_timeout_ms(const struct account *a);            /* of a whole exchange, and to connect; 0: not given */
int64_t account_connect_timeout_ms(const struct account *a);
int account_on_unknown(const struct account *a);        /* enum on_unknown, or -1 when the account does not say */

/* A repeated request with the same delivery id is delivered once: by the provider's nature or its `idempotent: true`. */
bool account_drops_repetitions(const struct account *a);

/* Reads the account's secrets if it has not been done. EX_NOPERM: one of them cannot be read. */
int account_ready(struct account *a, struct err *e);

/* account_ready of them all; what cannot be read is told. Not for accounts that were opened with `mask`. */
void accounts_check_secrets(struct accounts *a, void (*tell)(void *ctx, const struct err *finding), void *ctx);

/* True once: what is wrong with an account is said to a person once, not for every message. */
bool account_tell(struct account *a);

#endif
