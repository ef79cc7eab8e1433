/*
 * One conversation with a mail server (RFC 5321), from MAIL on: libcurl connects, negotiates TLS and logs in, and then
 * leaves the connection to this (CURLOPT_CONNECT_ONLY). What libcurl does itself from there on waits for the server's
 * verdict on a mail with all other transfers standing still.
 *
 * Commands go in one piece where the server takes them so (PIPELINING, RFC 2920). Sizes are told (SIZE, RFC 1870), addresses
 * beyond ASCII need SMTPUTF8 (RFC 6531), delivery notices are asked for with DSN (RFC 3461). For the loop alone.
 */
#ifndef MSG_SESSION_H
#define MSG_SESSION_H

#include <poll.h>

#include "common/transport/handle.h"

enum session_end {
	SESSION_GOES_ON,
	SESSION_DONE,           /* the exchange has its reply; the connection is good for another */
	SESSION_OVER,           /* the exchange has its reply; the connection is not */
	SESSION_STALE,          /* a kept connection was found closed before anything had left: the exchange needs a new one */
};

struct session;

/* Takes a handle whose connection stands, with all that made it. */
struct session *session_new(struct handle *h, const struct request *r);

/* Closes the connection, after a QUIT that nobody waits for. The handle is returned; it is still in its multi handle. */
struct handle *session_free(struct session *s);

/* Whether the connection was made as this request wants it. */
bool session_serves(const struct session *s, const struct request *r);

/* `deadline_ms`, of when_clock_ms: when it has taken too long. */
void session_start(struct session *s, struct exchange *x, int64_t deadline_ms);
struct exchange *session_exchange(const struct session *s);     /* NULL: idle */

/* What to poll for, and what came of it. */
struct pollfd session_poll(const struct session *s);
void session_note(struct session *s, short revents);
bool session_is_due(const struct session *s, int64_t now_ms);
int64_t session_deadline_ms(const struct session *s);   /* of when_clock_ms; of an idle one: when to close it */

/* Goes as far as it can. Of an idle one: SESSION_OVER when the server has closed it, or it has been idle for too long. */
enum session_end session_step(struct session *s, int64_t now_ms);

struct session **session_next(struct session *s);       /* link of the loop's list */

#endif
