#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <sodium.h>

#include "common/compat.h"
#include "common/line/when.h"
#include "common/option.h"
#include "common/transport/handle.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HEADER_BYTES (256u << 10)      /* of an answer over HTTP */
#define CONNECT_MS 10000L
#define IDLE_SECONDS 4L         /* less than after what common servers close: a request must not cross with that */
#define REFUSALS 5              /* after which curl gives up */
#define AGENT "User-Agent:"
#define EXPECT_BYTES 1024       /* of a body: what any libcurl may announce before it is sent */
#define RETRY_AFTER_SECONDS (7 * 86400) /* nobody is left alone for longer */

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct handle *h = ctx;

	buf_add(&h->x->reply.body, data, size * count);
	return buf_over(&h->x->reply.body) ? 0 : size * count;
}

static void take_capability(struct mail_caps *c, const char *line, size_t len)
{
	const struct {
		const char *name;
		bool *has;
	} all[] = {{"AUTH", &c->auth}, {"PIPELINING", &c->pipelining}, {"SIZE", &c->size}, {"8BITMIME", &c->eightbit}, {"SMTPUTF8", &c->utf8},
	    {"DSN", &c->dsn}};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		size_t n = strlen(all[i].name);

		if (len >= n && strncasecmp(line, all[i].name, n) == 0 && (len == n || strchr(" \r\n", line[n])))
			*all[i].has = true;
	}
}

/* Headers say nothing that is needed here, but libcurl keeps them: a server without an end to them gets none of it. */
static size_t on_http_header(char *data, size_t size, size_t count, void *ctx)
{
	struct handle *h = ctx;

	(void)data;
	h->header_bytes += size * count;
	return h->header_bytes > HEADER_BYTES ? 0 : size * count;
}

/* Of SMTP what the server says until MAIL is all there is to read. */
static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct handle *h = ctx;
	size_t len = size * count;

	if (len > 3 && (*data == '4' || *data == '5'))
		buf_add(&h->x->reply.body, data, len);
	/* A greeting, or TLS begins: what was said before does not count (RFC 3207, section 4.2). */
	if (len > 3 && strncmp(data, "220", 3) == 0)
		h->caps = (struct mail_caps){.size = false};
	if (len > 4 && strncmp(data, "250", 3) == 0)
		take_capability(&h->caps, data + 4, len - 4);
	return len;
}

static bool is_allowed(const struct request_guard *g, const struct sockaddr *address)
{
	for (size_t i = 0; i < g->allow_count; i++)
		if (netrange_has(&g->allow[i], address))
			return true;
	return netrange_public(address);
}

/* The address that a connection is about to be made to: what its name meant at some other time does not matter. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct handle *h = ctx;

	if (purpose != CURLSOCKTYPE_IPCXN || !is_allowed(h->x->request.guard, &address->addr)) {
		h->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype, address->protocol);
}

/* The same for a connection that was there already, should curl ever take one. */
static bool may_talk_to(const struct request_guard *g, const char *peer)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, peer, &v4.sin_addr) == 1)
		return is_allowed(g, (const struct sockaddr *)&v4);
	return inet_pton(AF_INET6, peer, &v6.sin6_addr) == 1 && is_allowed(g, (const struct sockaddr *)&v6);
}

/*
 * curl calls this each time it is about to send: the second time it would send again what may have arrived already. On a
 * connection that was made for this request it does so for one reason alone, that the server has said it did not act
 * (REFUSED_STREAM; RFC 9113, 8.7), and no more than five times.
 */
static int on_start(void *ctx, char *peer, char *self, int peer_port, int self_port)
{
	struct handle *h = ctx;

	(void)self;
	(void)peer_port;
	(void)self_port;
	if (h->x->request.guard && !may_talk_to(h->x->request.guard, peer)) {
		h->forbidden = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (h->starts > 0 && h->connects > 0) {
		h->starts--;
		h->refusals++;
	}
	curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &h->connects);
	return h->starts++ == 0 || h->x->resend ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Not every libcurl makes its sockets close on exec; a command has no business with them. */
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	(void)ctx;
	(void)purpose;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return CURL_SOCKOPT_OK;
}

struct handle *handle_new(void)
{
	struct handle *h = xcalloc(1, sizeof(*h));

	h->easy = curl_easy_init();
	if (!h->easy)
		abort();
	return h;
}

static void forget_headers(struct handle *h)
{
	if (h->login)
		sodium_memzero(h->login, strlen(h->login));
	free(h->login);
	h->login = NULL;
	h->header_count = 0;
}

void handle_free(struct handle *h)
{
	forget_headers(h);
	curl_slist_free_all(h->connect_to);
	curl_easy_cleanup(h->easy);
	curl_url_cleanup(h->url);
	free(h->headers);
	free(h->url_text);
	free(h);
}

struct handle *handle_of(CURL *easy)
{
	char *h = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &h);
	return (struct handle *)(void *)h;
}

void handle_keep(struct handle **list, struct handle *h)
{
	h->previous = NULL;
	h->next = *list;
	if (*list)
		(*list)->previous = h;
	*list = h;
}

void handle_drop(struct handle **list, struct handle *h)
{
	if (h->previous)
		h->previous->next = h->next;
	else
		*list = h->next;
	if (h->next)
		h->next->previous = h->previous;
	h->previous = h->next = NULL;
}

void handle_rest(struct handle *h)
{
	forget_headers(h);
	h->x = NULL;
}

/* Where the environment names no proxy curl need not look for one with each request. */
static void set_no_proxy(CURL *c)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "smtp_proxy", "SMTP_PROXY", "smtps_proxy",
	    "SMTPS_PROXY", "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (getenv(names[i]))
			return;
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "");
}

/* Before a tunnel curl may ask which login the proxy wants; a request itself it must not send twice. */
static void set_proxy(CURL *c, const struct network *n, bool tunnel)
{
	if (!n->proxy) {
		set_no_proxy(c);
		return;
	}
	curl_easy_setopt(c, CURLOPT_PROXY, strcmp(n->proxy, "none") == 0 ? "" : n->proxy);
	/* What an account says goes over no_proxy. */
	curl_easy_setopt(c, CURLOPT_NOPROXY, "");
	if (n->proxy_user) {
		curl_easy_setopt(c, CURLOPT_PROXYUSERNAME, n->proxy_user);
		curl_easy_setopt(c, CURLOPT_PROXYPASSWORD, n->proxy_password);
		curl_easy_setopt(c, CURLOPT_PROXYAUTH, tunnel ? (long)CURLAUTH_ANY : (long)CURLAUTH_BASIC);
	}
}

static void set_network(struct handle *h, const struct network *n)
{
	const struct {
		CURLoption option;
		const char *value;
	} all[] = {{CURLOPT_CAINFO, n->ca_file}, {CURLOPT_SSLCERT, n->client_cert}, {CURLOPT_SSLKEY, n->client_key},
	    {CURLOPT_KEYPASSWD, n->client_key_password}, {CURLOPT_PINNEDPUBLICKEY, n->pinned_key}, {CURLOPT_UNIX_SOCKET_PATH, n->unix_socket},
	    {CURLOPT_INTERFACE, n->source}};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (all[i].value)
			curl_easy_setopt(h->easy, all[i].option, all[i].value);
	if (n->connect_to) {
		char *rule = xformat("::%s", n->connect_to);

		h->connect_to = curl_slist_append(NULL, rule);
		curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, h->connect_to);
		free(rule);
	}
	set_proxy(h->easy, n, strncmp(h->x->request.url, "http:", 5) != 0);
}

static void set_common(struct handle *h, const struct request *r)
{
	CURL *c = h->easy;

	curl_easy_reset(c);
	curl_slist_free_all(h->connect_to);
	h->connect_to = NULL;
	curl_easy_setopt(c, CURLOPT_PRIVATE, h);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, r->connect_timeout_ms ? (long)r->connect_timeout_ms : (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_start);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, h);
	set_network(h, &r->network);
}

/* An account's requests mostly go to one URL: what is known of it is not worked out again. */
static void set_url(struct handle *h, const char *url)
{
	if (!h->url_text || strcmp(h->url_text, url) != 0) {
		curl_url_cleanup(h->url);
		free(h->url_text);
		h->url = curl_url();
		h->url_text = xstrdup(url);
		if (!h->url || curl_url_set(h->url, CURLUPART_URL, url, 0) != CURLUE_OK) {
			curl_url_cleanup(h->url);
			h->url = NULL;
		}
	}
	/* The text too, which curl would write anew; and which says what is wrong with it. */
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	if (h->url)
		curl_easy_setopt(h->easy, CURLOPT_CURLU, h->url);
}

/* curl only reads them, while the request is under way; so nothing is copied. */
static void add_header(struct handle *h, const char *line)
{
	if (h->header_count == h->header_cap) {
		h->header_cap = h->header_cap ? h->header_cap * 2 : 8;
		h->headers = xrealloc(h->headers, h->header_cap * sizeof(*h->headers));
	}
	h->headers[h->header_count++].data = (char *)line;
}

static void set_headers(struct handle *h)
{
	for (size_t i = 0; i < h->header_count; i++)
		h->headers[i].next = i + 1 < h->header_count ? &h->headers[i + 1] : NULL;
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
}

/* HTTP Basic (RFC 7617), in one piece: curl would write it three times before it leaves. */
static void add_login(struct handle *h, const char *user, const char *password)
{
	static const char name[] = "Authorization: Basic ";
	char *pair = xformat("%s:%s", user, password ? password : "");
	size_t len = strlen(pair), size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
	char *header = xcalloc(1, sizeof(name) + size);

	memcpy(header, name, sizeof(name));
	sodium_bin2base64(header + sizeof(name) - 1, size, (const unsigned char *)pair, len, sodium_base64_VARIANT_ORIGINAL);
	h->login = header;
	add_header(h, header);
	sodium_memzero(pair, len);
	free(pair);
}

static bool has_body(const struct request *r)
{
	return r->body.len > 0 || !r->method || strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0;
}

static void set_http(struct handle *h, const struct request *r)
{
	CURL *c = h->easy;
	bool body = has_body(r);

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	/* Until the handshake says whether one connection will do. Without TLS it never says, and all would wait for the first. */
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, strncmp(r->url, "https:", 6) == 0 ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_http_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	/* Answers are short, but some servers compress them all the same: curl unpacks what it was told of. */
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "identity");
	set_url(h, r->url);
	if (r->method && strcmp(r->method, body ? "POST" : "GET") != 0)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	h->shape = (struct handle_shape){true, body, r->method, r->network, r->timeout_ms, r->connect_timeout_ms};
}

static bool is_like_last(const struct handle *h, const struct request *r)
{
	const struct handle_shape *s = &h->shape;

	return s->known && r->kind == REQUEST_HTTP && !r->guard && !h->fresh && s->body == has_body(r) && s->method == r->method &&
	    memcmp(&s->network, &r->network, sizeof(s->network)) == 0 && s->timeout_ms == r->timeout_ms &&
	    s->connect_timeout_ms == r->connect_timeout_ms && strcmp(h->url_text, r->url) == 0;
}

/* curl writes each byte of its own headers twice and more, and of ours once. */
static void set_words(struct handle *h, const struct request *r)
{
	CURL *c = h->easy;
	bool named = false;

	if (r->user)
		add_login(h, r->user, r->password);
	if (h->shape.body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.data);
	}
	for (size_t i = 0; i < r->header_count; i++) {
		named = named || strncasecmp(r->headers[i], AGENT, strlen(AGENT)) == 0;
		add_header(h, r->headers[i]);
	}
	if (!named)
		add_header(h, AGENT " msg/" MSG_VERSION);
	if (r->body.len >= EXPECT_BYTES)
		add_header(h, "Expect:");
	set_headers(h);
}

/* Connections of its own: nobody else's lead where only this request may go, and the other way round. */
static void set_fresh(struct handle *h)
{
	curl_easy_setopt(h->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(h->easy, CURLOPT_FORBID_REUSE, 1L);
}

static void set_guard(struct handle *h, const struct request_guard *g)
{
	CURL *c = h->easy;

	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)g->most);
	h->x->reply.body.max = g->most;
}

/* As far as EHLO, TLS and the login: the rest is a session's (session.h). */
static void set_smtp(struct handle *h, const struct request *r)
{
	CURL *c = h->easy;
	char *options = r->login ? xformat("AUTH=%s", r->login) : NULL;

	curl_easy_setopt(c, CURLOPT_URL, r->url);
	curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	if (r->user) {
		curl_easy_setopt(c, CURLOPT_USERNAME, r->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, r->password ? r->password : "");
	}
	if (r->token) {
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, r->token);
		curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
	}
	if (options)
		curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, options);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(c, CURLOPT_USE_SSL, r->starttls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	free(options);
}

/* Nothing that would end it, or the command. */
static bool is_path(const char *address)
{
	if (!address)
		return false;
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= 0x20 || strchr("<>\x7f", *p))
			return false;
	return true;
}

int handle_prepare(struct handle *h, struct exchange *x)
{
	const struct request *r = &x->request;

	h->x = x;
	h->caps = (struct mail_caps){.size = false};
	h->deadline_ms = when_clock_ms() + r->timeout_ms;
	h->starts = h->refusals = 0;
	h->connects = 0;
	h->header_bytes = 0;
	h->forbidden = false;
	if (!r->url || (r->kind == REQUEST_SMTP && !(is_path(r->mail_from) && is_path(r->mail_to)))) {
		x->reply.error = REPLY_REFUSED;
		snprintf(x->reply.error_text, sizeof(x->reply.error_text), "request without a URL or an envelope");
		return -1;
	}
	if (!is_like_last(h, r)) {
		h->shape.known = false;
		set_common(h, r);
		if (r->kind == REQUEST_SMTP)
			set_smtp(h, r);
		else
			set_http(h, r);
	}
	if (r->kind == REQUEST_HTTP)
		set_words(h, r);
	if (r->guard)
		set_guard(h, r->guard);
	if (r->guard || h->fresh)
		set_fresh(h);
	h->shape.known = h->shape.known && !r->guard && !h->fresh;
	return 0;
}

/* Of a tunnel that was not opened. */
static bool is_proxy_login(struct handle *h, CURLcode code)
{
	long connect = 0, socks = 0;

	curl_easy_getinfo(h->easy, CURLINFO_HTTP_CONNECTCODE, &connect);
	curl_easy_getinfo(h->easy, CURLINFO_PROXY_ERROR, &socks);
	return connect == 401 || connect == 403 || connect == 407 ||
	    (code == CURLE_PROXY && (socks == CURLPX_USER_REJECTED || socks == CURLPX_NO_AUTH));
}

static enum reply_error error_of(struct handle *h, CURLcode code)
{
	bool gave_up = h->refusals >= REFUSALS && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR);
	bool left = h->x->request.kind == REQUEST_HTTP && h->starts > 0 && !gave_up;

	if (h->forbidden && code != CURLE_OK)
		return REPLY_REFUSED;
	if (code != CURLE_OK && !left && is_proxy_login(h, code))
		return REPLY_LOGIN;
	switch (code) {
	case CURLE_OK:
		return REPLY_OK;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:        /* also an answer that is not HTTP */
		return left ? REPLY_BROKEN : REPLY_REFUSED;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return REPLY_REFUSED;
	case CURLE_LOGIN_DENIED:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CLIENTCERT:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_USE_SSL_FAILED:
		return REPLY_LOGIN;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return REPLY_TOO_LARGE;
	case CURLE_OPERATION_TIMEDOUT:
		return left ? REPLY_TIMEOUT : REPLY_NO_CONNECTION;
	default:
		return left ? REPLY_BROKEN : REPLY_NO_CONNECTION;
	}
}

/*
 * A server may answer before it has read all, and stop the rest without calling it an error (RFC 9113, 8.1): an answer
 * it is. So is a refusal of which the end is missing, or that is too long: what it says stands in its status.
 */
static bool is_answer(struct handle *h, CURLcode code)
{
	const struct reply *r = &h->x->reply;
	curl_off_t length = -1;

	if (h->x->request.kind != REQUEST_HTTP || h->forbidden || h->starts != 1 || r->status < 200)
		return false;
	if (r->status >= 300)
		return true;
	if (code != CURLE_HTTP2_STREAM || curl_easy_getinfo(h->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) != CURLE_OK)
		return false;
	/* Without a length the provider will see whether it makes sense. */
	return length >= 0 ? (size_t)length == r->body.len : r->body.len > 0;
}

/* curl reports what a mail server refuses as an error of its own; the server's code says more. */
static void take_refusal(struct handle *h, CURLcode code)
{
	struct reply *r = &h->x->reply;

	r->stage = code == CURLE_LOGIN_DENIED ? MAIL_LOGIN : MAIL_CONNECTION;
	if (r->status >= 400 && (code == CURLE_LOGIN_DENIED || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_USE_SSL_FAILED ||
	        code == CURLE_REMOTE_ACCESS_DENIED))
		r->error = REPLY_OK;
}

static void take_location(struct handle *h, struct reply *r)
{
	const char *url = NULL;

	if (h->x->request.guard && curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &url) == CURLE_OK && url)
		r->location = xstrdup(url);
}

bool handle_lost_kept(const struct handle *h)
{
	return h->starts > 1 && !h->x->resend && !h->multiplexed;
}

void handle_finish(struct handle *h, CURLcode code)
{
	struct reply *r = &h->x->reply;
	curl_off_t retry_after = 0;
	long version = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &r->status);
	if (r->status > 0 && curl_easy_getinfo(h->easy, CURLINFO_HTTP_VERSION, &version) == CURLE_OK)
		h->multiplexed = version == CURL_HTTP_VERSION_2_0;
	if (code != CURLE_OK && is_answer(h, code))
		code = CURLE_OK;
	r->error = error_of(h, code);
	if (code == CURLE_OK && curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0)
		r->retry_after_ms = WHEN_SECOND * (retry_after < RETRY_AFTER_SECONDS ? retry_after : RETRY_AFTER_SECONDS);
	if (h->x->request.kind == REQUEST_SMTP && code != CURLE_OK)
		take_refusal(h, code);
	take_location(h, r);
	if (r->error != REPLY_OK)
		snprintf(r->error_text, sizeof(r->error_text), "%s",
		    h->forbidden ? "a private address" : h->starts > 1 ? "connection lost before an answer came" : curl_easy_strerror(code));
}
