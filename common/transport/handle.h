/* One curl handle of the engine's pool, and the mapping between requests and curl's options. For the engine alone. */
#ifndef MSG_HANDLE_H
#define MSG_HANDLE_H

#include <curl/curl.h>

#include "common/transport/engine.h"

/* What a mail server says it can do. */
struct mail_caps {
	bool auth, pipelining, size, eightbit, utf8, dsn;
};

/* Of a request, what curl has been told and keeps: the next one that is like it is told no more than its words. */
struct handle_shape {
	bool known, body;
	const char *method;             /* borrowed from the account, as the request has it */
	struct network network;
	int64_t timeout_ms, connect_timeout_ms;
};

struct handle {
	CURL *easy;
	struct handle_shape shape;
	struct exchange *x;
	struct curl_slist *headers;     /* an array that is linked; its texts are the request's, and `login` */
	size_t header_count, header_cap;
	char *login;                    /* HTTP Basic, secret */
	struct curl_slist *connect_to;  /* what curl has been told */
	struct mail_caps caps;  /* of its last EHLO */
	int64_t deadline_ms;    /* of SMTP, of when_clock_ms */
	CURLU *url;             /* of the last request over HTTP, parsed, and as text */
	char *url_text;
	size_t header_bytes;    /* of this answer so far */
	unsigned starts;        /* how often curl was about to send this request */
	unsigned refusals;      /* how often a server has not acted upon it, and said so */
	long connects;          /* connections made for it before the last start; 0: it took one that was there */
	bool forbidden;         /* an address was not for it */
	bool fresh;             /* set by the owner: the request gets a connection of its own */
	bool multiplexed;       /* the last answer came by HTTP/2 */
	struct handle *previous, *next;
};

struct handle *handle_new(void);
void handle_free(struct handle *h);
struct handle *handle_of(CURL *easy);
void handle_rest(struct handle *h);     /* lets go of what the last request needed */

/* Lists of handles, linked both ways. */
void handle_keep(struct handle **list, struct handle *h);
void handle_drop(struct handle **list, struct handle *h);

/* Sets the handle up for the exchange's request, of SMTP no further than MAIL (session.h); -1: the reply says why not. */
int handle_prepare(struct handle *h, struct exchange *x);

/* Fills the exchange's reply from how the transfer ended. */
void handle_finish(struct handle *h, CURLcode code);

/* A kept connection of HTTP/1 was closed under the request: true once it has finished. */
bool handle_lost_kept(const struct handle *h);

#endif
