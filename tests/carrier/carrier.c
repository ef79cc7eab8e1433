/*
 * A carrier on the loopback interface for tests and the benchmark: it takes HTTP requests, writes down what it was asked
 * and answers as its script says (rules.h), or as Twilio does when it took a message. It listens on 127.0.0.1 only.
 *
 * libmicrohttpd does HTTP. A faulty answer is made by suspending the connection and writing to its socket directly.
 */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/option.h"
#include "common/xalloc.h"
#include "tests/carrier/later.h"
#include "tests/carrier/record.h"
#include "tests/carrier/rules.h"

#include "common/banned.h"

#define BODY_BYTES (64u << 20)
#define FOREVER_MS 3600000

static const char *option_port_file, *option_record, *option_script, *option_cert, *option_key;
static struct option_list option_rules;
static unsigned option_port, option_threads = 1;
static bool option_once, option_die_with_parent;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of the rules and the keys seen */
static struct rules *rules;
static json_t *keys_seen;       /* Idempotency-Key -> the body that was answered */
static atomic_ulong requests, accepted;
static int record_fd = -1;
static int wake[2] = {-1, -1};

enum step { STEP_READING, STEP_WAITING, STEP_ANSWER, STEP_HANG_UP };

struct exchange {
	enum step step;
	unsigned long n;
	struct buf body;
	struct answer answer;
	struct MHD_Connection *connection;
	struct buf raw;         /* what a drip still has to send, from `sent` on */
	size_t sent;
};

/* Every connection that is suspended; they must be resumed before the daemon can stop. */
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;
static struct exchange **waiting;
static size_t waiting_count, waiting_room;

static void suspend(struct exchange *x)
{
	x->step = STEP_WAITING;
	pthread_mutex_lock(&waiting_lock);
	if (waiting_count == waiting_room) {
		waiting_room = waiting_room ? 2 * waiting_room : 64;
		waiting = xrealloc(waiting, waiting_room * sizeof(struct exchange *));
	}
	waiting[waiting_count++] = x;
	pthread_mutex_unlock(&waiting_lock);
	MHD_suspend_connection(x->connection);
}

static void resume(struct exchange *x, enum step step)
{
	pthread_mutex_lock(&waiting_lock);
	for (size_t i = 0; i < waiting_count; i++)
		if (waiting[i] == x) {
			waiting[i] = waiting[--waiting_count];
			break;
		}
	pthread_mutex_unlock(&waiting_lock);
	x->step = step;
	MHD_resume_connection(x->connection);
}

static int answer_now(void *ctx)
{
	resume(ctx, STEP_ANSWER);
	return -1;
}

static int socket_of(struct exchange *x)
{
	return MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static int drip(void *ctx)
{
	struct exchange *x = ctx;
	ssize_t put = x->sent < x->raw.len ? send(socket_of(x), x->raw.data + x->sent, 1, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;

	if (put <= 0) {
		resume(x, STEP_HANG_UP);
		return -1;
	}
	x->sent++;
	return x->answer.drip_ms;
}

static int raw_now(void *ctx)
{
	struct exchange *x = ctx;

	while (x->sent < x->raw.len) {
		ssize_t put = send(socket_of(x), x->raw.data + x->sent, x->raw.len - x->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put <= 0)
			break;
		x->sent += (size_t)put;
	}
	resume(x, STEP_HANG_UP);
	return -1;
}

static void raw_reply(struct exchange *x, size_t announced)
{
	buf_addf(&x->raw, "HTTP/1.1 %u Scripted\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", x->answer.status, announced);
	buf_add(&x->raw, x->answer.body.data, x->answer.body.len);
}

/* Makes the connection wait for what its answer asks for; false when it can be answered at once. */
static bool wait_for_answer(struct exchange *x)
{
	later_fn *fn = answer_now;

	switch (x->answer.fault) {
	case FAULT_NONE:
	case FAULT_CLOSE:
		if (x->answer.latency_ms <= 0)
			return false;
		break;
	case FAULT_HANG:
		suspend(x);
		return true;
	case FAULT_GARBAGE:
		for (int i = 0; i < 600; i++)
			buf_add_char(&x->raw, (char)(i * 167 + 5));
		fn = raw_now;
		break;
	case FAULT_TRUNCATE:
		raw_reply(x, x->answer.body.len + 1000);
		fn = raw_now;
		break;
	case FAULT_DRIP:
		raw_reply(x, x->answer.body.len);
		fn = drip;
		break;
	}
	suspend(x);
	later_call(x->answer.latency_ms, fn, x);
	return true;
}

static enum MHD_Result answer(struct exchange *x)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(x->answer.body.len, x->answer.body.data,
	    x->answer.body.len < 4096 ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;
	json_t *value;
	const char *name;

	if (!json_object_get(x->answer.headers, "Content-Type"))
		MHD_add_response_header(response, "Content-Type", "application/json");
	json_object_foreach(x->answer.headers, name, value)
		MHD_add_response_header(response, name, json_string_value(value));
	result = MHD_queue_response(x->connection, x->answer.status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result each_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	record_header(ctx, name, value ? value : "");
	return MHD_YES;
}

static enum MHD_Result each_query(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	record_put(ctx, name, json_string(value ? value : ""));
	return MHD_YES;
}

static unsigned client_port(struct MHD_Connection *connection)
{
	const struct sockaddr *a = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
	struct sockaddr_in in;

	memcpy(&in, a, sizeof(in));
	return ntohs(in.sin_port);
}

static void record(const struct exchange *x, const char *method, const char *path)
{
	json_t *headers = json_object(), *query = json_object(), *line;

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, each_header, headers);
	MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, each_query, query);
	line = json_pack("{s:I,s:s,s:s,s:o,s:O,s:i,s:i}", "n", (json_int_t)x->n, "method", method, "path", path, "query",
	    query, "headers", headers, "connection", (int)client_port(x->connection), "rule", x->answer.rule);
	record_body(line, headers, &x->body);
	json_decref(headers);
	pthread_mutex_lock(&lock);
	if (!record_write(record_fd, line))
		diag_note("cannot write '%s': %s", option_record, strerror(errno));
	pthread_mutex_unlock(&lock);
	json_decref(line);
}

/* A key that was answered well before gets the same answer again. */
static void answer_once(struct exchange *x)
{
	const char *key = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Idempotency-Key");
	const json_t *before;

	if (!key)
		key = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "I-Twilio-Idempotency-Token");
	before = key ? json_object_get(keys_seen, key) : NULL;
	if (before) {
		buf_reset(&x->answer.body);
		buf_add(&x->answer.body, json_string_value(before), json_string_length(before));
		return;
	}
	atomic_fetch_add(&accepted, 1);
	if (key)
		json_object_set_new(keys_seen, key, json_stringn(x->answer.body.data, x->answer.body.len));
}

static void decide(struct exchange *x, const char *method, const char *path)
{
	x->n = atomic_fetch_add(&requests, 1) + 1;
	pthread_mutex_lock(&lock);
	rules_answer(rules, method, path, &x->body, x->n, &x->answer);
	if (x->answer.status / 100 == 2) {
		if (option_once)
			answer_once(x);
		else
			atomic_fetch_add(&accepted, 1);
	}
	pthread_mutex_unlock(&lock);
}

static void stats(struct exchange *x)
{
	x->answer = (struct answer){.status = 200};
	buf_init(&x->answer.body, 256);
	buf_addf(&x->answer.body, "{\"requests\":%lu,\"accepted\":%lu}", atomic_load(&requests), atomic_load(&accepted));
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *data, size_t *len, void **state)
{
	struct exchange *x = *state;

	(void)ctx;
	(void)version;
	if (!x) {
		x = xcalloc(1, sizeof(*x));
		x->connection = connection;
		buf_init(&x->body, BODY_BYTES);
		buf_init(&x->raw, BODY_BYTES);
		buf_init(&x->answer.body, BODY_BYTES);
		*state = x;
		return MHD_YES;
	}
	if (*len > 0) {
		buf_add(&x->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (x->step == STEP_READING && strcmp(path, "/_stats") == 0) {
		stats(x);
		return answer(x);
	}
	if (x->step == STEP_READING) {
		decide(x, method, path);
		if (record_fd >= 0)
			record(x, method, path);
		if (wait_for_answer(x))
			return MHD_YES;
	}
	if (x->step == STEP_HANG_UP || x->answer.fault == FAULT_CLOSE)
		return MHD_NO;
	return answer(x);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *state;

	(void)ctx;
	(void)connection;
	(void)why;
	if (!x)
		return;
	answer_clear(&x->answer);
	buf_clear(&x->body);
	buf_clear(&x->raw);
	free(x);
	*state = NULL;
}

/* The port appears whole or not at all. */
static int write_port(unsigned port, struct err *e)
{
	char *new;
	FILE *f;
	int result = 0;

	if (!option_port_file) {
		printf("%u\n", port);
		fflush(stdout);
		return 0;
	}
	new = xformat("%s.new", option_port_file);
	f = fopen(new, "we");
	if (!f || fprintf(f, "%u\n", port) < 0 || fclose(f) != 0 || rename(new, option_port_file) < 0)
		result = err_set(e, EX_CANTCREAT, "cannot write '%s': %s", option_port_file, strerror(errno));
	free(new);
	return result;
}

static void on_signal(int number)
{
	char c = number == SIGHUP ? 'h' : 't';
	ssize_t ignored = write(wake[1], &c, 1);

	(void)ignored;
}

static void catch_signals(void)
{
	struct sigaction caught = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &caught, NULL);
	sigaction(SIGINT, &caught, NULL);
	sigaction(SIGHUP, &caught, NULL);
}

static int load_rules(struct err *e)
{
	struct rules *fresh;

	if (rules_load(option_script, option_rules.items, option_rules.count, &fresh, e) < 0)
		return -1;
	pthread_mutex_lock(&lock);
	rules_free(rules);
	rules = fresh;
	pthread_mutex_unlock(&lock);
	return 0;
}

/* Until SIGTERM, SIGINT, or the parent is gone. SIGHUP reads the script again. */
static void wait_for_end(pid_t parent)
{
	struct pollfd p = {.fd = wake[0], .events = POLLIN};
	struct err e;

	while (!option_die_with_parent || getppid() == parent) {
		char c = 0;

		if (poll(&p, 1, option_die_with_parent ? 200 : -1) <= 0)
			continue;
		if (read(wake[0], &c, 1) == 1 && c == 't')
			return;
		if (c == 'h' && load_rules(&e) < 0)
			diag_error(&e);
	}
}

static char *slurp(const char *path, struct err *e)
{
	FILE *f = path ? fopen(path, "re") : NULL;
	struct buf b;
	char piece[4096];
	size_t got;

	if (!path)
		return NULL;
	if (!f) {
		err_set(e, EX_CONFIG, "cannot open '%s': %s", path, strerror(errno));
		return NULL;
	}
	buf_init(&b, 1u << 20);
	while ((got = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, got);
	fclose(f);
	return buf_steal(&b);
}

static struct MHD_Daemon *start(const char *cert, const char *key)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)option_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)cert},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key}, {MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, option_threads, NULL}, {MHD_OPTION_END, 0, NULL}};

	flags |= MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES ? MHD_USE_EPOLL : MHD_USE_POLL;
	return MHD_start_daemon(flags | (cert ? MHD_USE_TLS : 0), 0, NULL, NULL, handle, NULL,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&local, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_ARRAY,
	    option_threads > 1 ? pool : pool + 1, MHD_OPTION_ARRAY, cert ? tls : tls + 2, MHD_OPTION_END);
}

static void stop(struct MHD_Daemon *daemon)
{
	MHD_quiesce_daemon(daemon);
	later_stop();
	while (waiting_count > 0)
		resume(waiting[waiting_count - 1], STEP_HANG_UP);
	MHD_stop_daemon(daemon);
	free(waiting);
}

static int run(int argc, char **argv)
{
	struct err e = {0};
	pid_t parent = getppid();
	struct MHD_Daemon *daemon;
	char *cert = slurp(option_cert, &e), *key = slurp(option_key, &e);

	(void)argc;
	(void)argv;
	if (e.code || load_rules(&e) < 0)
		return diag_error(&e);
	if (option_record && (record_fd = open(option_record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0) {
		err_set(&e, EX_CANTCREAT, "cannot open '%s': %s", option_record, strerror(errno));
		return diag_error(&e);
	}
	keys_seen = json_object();
	if (pipe(wake) < 0)
		return EX_OSERR;
	catch_signals();
	later_start();
	daemon = start(cert, key);
	if (!daemon) {
		err_set(&e, EX_UNAVAILABLE, "cannot listen on 127.0.0.1:%u: %s", option_port, strerror(errno));
		return diag_error(&e);
	}
	if (write_port(MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port, &e) < 0)
		diag_error(&e);
	else
		wait_for_end(parent);
	stop(daemon);
	rules_free(rules);
	json_decref(keys_seen);
	free(option_rules.items);
	free(cert);
	free(key);
	return e.code;
}

static const struct option_def options[] = {
    {'p', "port-file", OPTION_TEXT, &option_port_file, "file", "write the port here, not to stdout", false, 0, 0, "file"},
    {0, "port", OPTION_COUNT, &option_port, "port", "listen there and not where there is room", false, 0, 65535, NULL},
    {'r', "record", OPTION_TEXT, &option_record, "file", "append each request as a JSON line", false, 0, 0, "file"},
    {'s', "script", OPTION_TEXT, &option_script, "file", "rules for the answers; read again on SIGHUP", false, 0, 0, "file"},
    {'a', "answer", OPTION_LIST, &option_rules, "rule", "one rule more, after the script's", false, 0, 0, NULL},
    {'i', "idempotent", OPTION_FLAG, &option_once, NULL, "answer an Idempotency-Key as the first time", false, 0, 0, NULL},
    {'j', "threads", OPTION_COUNT, &option_threads, "count", "threads", false, 1, 64, NULL},
    {0, "cert", OPTION_TEXT, &option_cert, "file", "TLS, with this certificate", false, 0, 0, "file"},
    {0, "key", OPTION_TEXT, &option_key, "file", "the certificate's key", false, 0, 0, "file"},
    {0, "die-with-parent", OPTION_FLAG, &option_die_with_parent, NULL, "end when the parent does", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {NULL, NULL, "a carrier on loopback", options, 0, 0, run},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

int main(int argc, char **argv)
{
	static const struct program program = {"carrier", "An HTTP carrier on 127.0.0.1 for tests: scripted answers, recorded requests.",
	    commands, NULL};

	return option_main(&program, argc, argv);
}
