/*
 * What a provider asks the engine to do, and what came back. Plain data: no I/O here.
 */
#ifndef MSG_REQUEST_H
#define MSG_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config/netrange.h"

#define REPLY_BYTES (1u << 20)          /* of a reply's body; more is an error of the provider */
#define REQUEST_BYTES (32u << 20)       /* of a request's body */

#define REQUEST_TIMEOUT_MS 30000        /* when a request does not say */

enum request_kind {
	REQUEST_LOCAL,          /* nothing leaves this machine: response() is called at once with an empty reply */
	REQUEST_HTTP,
	REQUEST_SMTP,
	REQUEST_EXEC,           /* a command: body on its stdin, its stdout is the reply's body */
};

/*
 * Where a URL that somebody else chose may lead: to public addresses and those that are allowed, judged when the
 * connection is made, whatever its name resolves to by then; through no proxy, which would make the connection itself.
 */
struct request_guard {
	const struct netrange *allow;
	size_t allow_count;
	size_t most;            /* bytes of an answer */
};

/* How to get to the server. All borrowed from the account; NULL: as libcurl and its environment have it. */
struct network {
	const char *ca_file, *client_cert, *client_key;
	const char *client_key_password;        /* secret */
	const char *pinned_key;         /* "sha256//…" */
	const char *connect_to;         /* "host:port" */
	const char *unix_socket;        /* HTTP */
	const char *source;             /* address or interface */
	const char *proxy;              /* URL; "none": not even the environment's */
	const char *proxy_user;
	const char *proxy_password;     /* secret */
};

struct request {
	enum request_kind kind;
	const char *method;     /* HTTP: a constant or within the account's settings, "POST" when NULL */
	char *url;              /* HTTP, SMTP (smtp://, smtps://) */
	char **headers;         /* "Name: value", without CR or LF */
	size_t header_count;
	struct buf body;
	const char *user;       /* HTTP Basic or SMTP AUTH; borrowed from the account */
	const char *password;   /* secret; borrowed from the account */
	char *mail_from, *mail_to;      /* SMTP envelope, bare addresses */
	bool mail_utf8;         /* SMTP: needs SMTPUTF8 */
	char *mail_id;          /* SMTP: ENVID of delivery notices; or NULL */
	const char *mail_notify;        /* SMTP: NOTIFY of RFC 3461 ("FAILURE,DELAY"); NULL: as the server likes */
	const char *token;      /* SMTP: OAuth 2.0 access token, secret, instead of a password */
	const char *login;      /* SMTP: the one AUTH mechanism to use ("PLAIN"); NULL: the best that both know */
	bool starttls;          /* SMTP: refuse to go on without TLS */
	struct network network; /* the way there */
	const char *command;    /* EXEC: given to /bin/sh -c, with no value of a message pasted into it */
	const struct request_guard *guard;      /* HTTP; NULL: anywhere */
	int64_t timeout_ms;     /* of the whole exchange; 0: the engine's default (30 s) */
	int64_t connect_timeout_ms;     /* to connect; 0: the engine's default (10 s) */
	int64_t until_ms;       /* of when_clock_ms: it has ended by then, or has not started (REPLY_NOT_STARTED); 0: no such time */
};

void request_init(struct request *r);
void request_clear(struct request *r);  /* wipes headers and body: they may hold secrets */

/* Whether it is a header's name: a token of RFC 9110, which RFC 5322 allows too. */
bool request_is_header_name(const char *name);

/* Adds "Name: value"; false (nothing added) when the value has CR, LF or NUL bytes. */
bool request_header(struct request *r, const char *name, const char *value);

/* "Authorization: Bearer TOKEN", with the same check. */
bool request_bearer(struct request *r, const char *token);

/* name=value with percent-encoding, '&' between: application/x-www-form-urlencoded. */
void request_form(struct request *r, const char *name, const char *value);
void request_percent(struct buf *b, const char *text);

enum reply_error {
	REPLY_OK,               /* there is a reply: look at the status */
	REPLY_NO_CONNECTION,    /* the request never left: resolve, connect, TLS */
	REPLY_TIMEOUT,          /* it left, no answer came in time */
	REPLY_BROKEN,           /* it left, the connection broke before an answer */
	REPLY_TOO_LARGE,        /* an answer over REPLY_BYTES, or what its guard allows */
	REPLY_LOGIN,            /* SMTP AUTH refused, TLS certificate refused */
	REPLY_NOT_STARTED,      /* called back before it left (engine_recall), or it was too late for it */
	REPLY_REFUSED,          /* could not even be made into a request (URL, TLS file), or its guard forbade it */
	REPLY_UNABLE,           /* the server lacks what this request needs (SMTPUTF8); nothing was sent */
};

/* What an SMTP reply is about. */
enum mail_stage {
	MAIL_CONNECTION,        /* greeting, EHLO, STARTTLS */
	MAIL_LOGIN,
	MAIL_SENDER,
	MAIL_RECIPIENT,
	MAIL_CONTENT,           /* DATA and what came with it */
};

struct reply {
	enum reply_error error;
	char error_text[160];   /* for REPLY_… but OK */
	long status;            /* HTTP status, SMTP reply code, exit status of the command */
	enum mail_stage stage;  /* SMTP */
	int64_t retry_after_ms; /* from Retry-After (seconds or date), -1 without */
	char *location;         /* where a redirection leads, absolute; only with a guard; or NULL */
	struct buf body;        /* NUL-terminated; of SMTP the lines of the reply */
};

void reply_init(struct reply *r);
void reply_clear(struct reply *r);

#endif
