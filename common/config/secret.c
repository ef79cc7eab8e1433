/* References, and the memory that holds what they lead to. The host's key is host_key.c's. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/config/config.h"
#include "common/config/host_key.h"
#include "common/config/private_file.h"
#include "common/config/secret.h"
#include "common/config/shell.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define COMMAND_MS 30000

struct secret {
	char *text;             /* sodium's memory, read-only */
};

/* Each reads the text behind the prefix into `data`, which holds SECRET_BYTES. */
typedef int read_fn(const char *text, const char *directory, char *data, size_t *ret_len, struct err *e);

static int read_env(const char *text, const char *directory, char *data, size_t *ret_len, struct err *e)
{
	const char *value = getenv(text);

	(void)directory;
	if (!value)
		return err_set(e, EX_NOPERM, "not set");
	*ret_len = strlen(value);
	if (*ret_len > SECRET_BYTES)
		return err_set(e, EX_NOPERM, "longer than %d bytes", SECRET_BYTES);
	memcpy(data, value, *ret_len);
	return 0;
}

/* Editors and shells end a file with a newline. */
static void chomp(const char *data, size_t *len)
{
	if (*len > 0 && data[*len - 1] == '\n')
		--*len;
	if (*len > 0 && data[*len - 1] == '\r')
		--*len;
}

static int read_file(const char *text, const char *directory, char *data, size_t *ret_len, struct err *e)
{
	const struct config base = {.directory = (char *)directory};
	char *path = config_path(&base, text);
	int result = private_file_read(path, data, SECRET_BYTES, ret_len, e);

	free(path);
	if (result == 0)
		chomp(data, ret_len);
	return result;
}

/* What a command prints until it ends; 0 when it ended well. */
static int run(const char *command, struct buf *b, struct err *e)
{
	int64_t deadline_ms = shell_clock() + COMMAND_MS, left;
	struct shell s;
	int got, status;

	if (shell_start(&s, command, false, e) < 0)
		return -1;
	do
		got = shell_read(&s, b, deadline_ms);
	while (got > 0);
	left = deadline_ms - shell_clock();
	status = shell_end(&s, left > 0 ? left : 0);
	if (got < 0)
		return err_set(e, EX_NOPERM, "did not end within %d s", COMMAND_MS / 1000);
	return status == 0 ? 0 : err_set(e, EX_NOPERM, "ended with status %d", status);
}

static int read_cmd(const char *text, const char *directory, char *data, size_t *ret_len, struct err *e)
{
	struct buf b;
	const char *end;
	int result;

	(void)directory;
	buf_init(&b, SECRET_BYTES);
	buf_room(&b, SECRET_BYTES);     /* once and for all: growing would leave copies behind */
	result = run(text, &b, e);
	if (result == 0) {
		end = memchr(b.data, '\n', b.len);
		*ret_len = end ? (size_t)(end - b.data) + 1 : b.len;
		memcpy(data, b.data, *ret_len);
		chomp(data, ret_len);
		if (!end && buf_over(&b))
			result = err_set(e, EX_NOPERM, "its first line is longer than %d bytes", SECRET_BYTES);
	}
	sodium_memzero(b.data, b.cap);
	buf_clear(&b);
	return result;
}

static int read_sealed(const char *text, const char *directory, char *data, size_t *ret_len, struct err *e)
{
	(void)directory;
	return host_key_open(text, data, SECRET_BYTES, ret_len, e);
}

static const struct kind {
	const char *prefix;
	read_fn *read;
	bool show;              /* the reference is worth naming */
} kinds[] = {
    {"env:", read_env, true},
    {"file:", read_file, true},
    {"cmd:", read_cmd, true},
    {"sealed:", read_sealed, false},
};

static const struct kind *find_kind(const char *reference)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(reference, kinds[i].prefix, len) == 0 && reference[len])
			return &kinds[i];
	}
	return NULL;
}

bool secret_is_reference(const char *text)
{
	return find_kind(text) != NULL;
}

static int read_kind(const struct kind *k, const char *reference, const char *directory, char *data, size_t *ret_len, struct err *e)
{
	int result = k->read(reference + strlen(k->prefix), directory, data, ret_len, e);

	if (result == 0 && *ret_len == 0)
		result = err_set(e, EX_NOPERM, "empty");
	if (result == 0 && memchr(data, '\0', *ret_len))
		result = err_set(e, EX_NOPERM, "has a NUL byte");
	if (result == 0)
		return 0;
	return k->show ? err_at(e, "secret '%s': ", err_quote(reference)) : err_at(e, "secret '%s…': ", k->prefix);
}

/* libsodium keeps its own memory out of a core; what becomes of a secret on its way out is elsewhere. */
static void leave_no_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 0) {
		limit.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &limit);
	}
}

static struct secret *keep(const char *data, size_t len)
{
	struct secret *s = xcalloc(1, sizeof(*s));

	s->text = sodium_malloc(len + 1);
	if (!s->text) {
		free(s);
		return NULL;
	}
	memcpy(s->text, data, len);
	s->text[len] = '\0';
	sodium_mprotect_readonly(s->text);
	return s;
}

int secret_read(const char *reference, const char *directory, bool mask, struct secret **ret_secret, struct err *e)
{
	const struct kind *k = find_kind(reference);
	struct secret *s = NULL;
	char *data;
	size_t len = 0;

	if (!k)
		return err_set(e, EX_CONFIG, "a secret in plain sight: write env:NAME, file:PATH, cmd:COMMAND or sealed:… (msg-seal)");
	data = sodium_init() < 0 ? NULL : sodium_malloc(SECRET_BYTES);
	if (!data)
		return err_set(e, EX_OSERR, "no protected memory for a secret");
	leave_no_core();
	if (mask)
		s = keep("***", 3);
	else if (read_kind(k, reference, directory, data, &len, e) == 0)
		s = keep(data, len);
	else
		goto out;
	if (s)
		*ret_secret = s;
	else
		err_set(e, EX_OSERR, "no protected memory for a secret");
out:
	sodium_free(data);
	return s ? 0 : -1;
}

const char *secret_text(const struct secret *s)
{
	return s->text;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	sodium_free(s->text);
	free(s);
}
