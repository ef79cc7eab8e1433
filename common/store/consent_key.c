#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/consent_key.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SIGNED_BYTES 192

/* "msg checkpoint 1" and the members in decimal and hexadecimal, a line each: one way to read it. */
static size_t signed_text(const struct consent_checkpoint *c, char text[SIGNED_BYTES])
{
	return (size_t)snprintf(text, SIGNED_BYTES, "msg checkpoint 1\n%lld\n%.64s\n%lld\n", (long long)c->events, c->head,
	    (long long)c->time_ms);
}

static bool from_hex(const char *hex, unsigned char *bin, size_t len)
{
	size_t got;
	const char *end;

	return sodium_hex2bin(bin, len, hex, strlen(hex), NULL, &got, &end) == 0 && got == len && !*end;
}

bool consent_key_check(const struct consent_checkpoint *c)
{
	unsigned char key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	char text[SIGNED_BYTES];
	size_t len = signed_text(c, text);

	return from_hex(c->key, key, sizeof(key)) && from_hex(c->signature, signature, sizeof(signature)) &&
	    crypto_sign_verify_detached(signature, (const unsigned char *)text, len, key) == 0;
}

/* A short text file without its line end: 1, 0 when it is not there, -1. */
static int read_text(const char *path, bool secret, char *text, size_t size, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(e, EX_NOPERM, "cannot open '%s': %s", path, strerror(errno));
	if (secret && (fstat(fd, &st) < 0 || (st.st_mode & 077))) {
		close(fd);
		return err_set(e, EX_NOPERM, "'%s' can be read by others: chmod 600 it", path);
	}
	got = read(fd, text, size - 1);
	close(fd);
	if (got < 0)
		return err_set(e, EX_NOPERM, "cannot read '%s': %s", path, strerror(errno));
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 1;
}

/* Whole or not at all: another name first, made durable, then linked into place. */
int consent_key_write(const char *path, mode_t mode, const char *text, struct err *e)
{
	char *fresh = xformat("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), result = 0;
	size_t len = strlen(text);

	if (fd < 0 || fchmod(fd, mode) < 0 || write(fd, text, len) != (ssize_t)len || write(fd, "\n", 1) != 1 || fsync(fd) < 0 ||
	    rename(fresh, path) < 0)
		result = err_set(e, EX_CANTCREAT, "cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(fresh);
	return result;
}

int consent_key_public(const char *directory, char ret_key[CONSENT_HASH], struct err *e)
{
	char *path = xformat("%s/ledger.pub", directory);
	int got = read_text(path, false, ret_key, CONSENT_HASH, e);

	free(path);
	return got;
}

/* The secret key's seed in hexadecimal, from the file or fresh. */
static int seed(const char *path, bool may_create, const char *use, char *hex, size_t size, struct err *e)
{
	unsigned char *fresh;
	int got = read_text(path, true, hex, size, e);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if (!may_create)
		return err_set(e, EX_NOPERM, "'%s' is gone, %s: put it back", path, use);
	fresh = sodium_malloc(crypto_sign_SEEDBYTES);
	if (!fresh)
		return err_set(e, EX_OSERR, "no memory for a key");
	randombytes_buf(fresh, crypto_sign_SEEDBYTES);
	sodium_bin2hex(hex, size, fresh, crypto_sign_SEEDBYTES);
	sodium_free(fresh);
	return consent_key_write(path, 0600, hex, e);
}

static int publish(const char *directory, const char *key, struct err *e)
{
	char there[CONSENT_HASH], *path;
	int got = consent_key_public(directory, there, e), result;

	if (got < 0 || (got == 1 && strcmp(there, key) == 0))
		return got < 0 ? -1 : 0;
	if (got == 1)
		return err_set(e, EX_NOPERM, "'%s/ledger.pub' belongs to another key than ledger.key", directory);
	path = xformat("%s/ledger.pub", directory);
	result = consent_key_write(path, 0644, key, e);
	free(path);
	return result;
}

/* In memory of sodium's: the seed as text and the keys made from it. */
struct secrets {
	char hex[2 * crypto_sign_SEEDBYTES + 1];
	unsigned char seed[crypto_sign_SEEDBYTES], secret[crypto_sign_SECRETKEYBYTES];
};

static int sign_with(const char *directory, const char *path, bool may_create, struct secrets *k, struct consent_checkpoint *c,
    struct err *e)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	char text[SIGNED_BYTES];
	size_t len;

	if (seed(path, may_create, "which signed the earlier checkpoints", k->hex, sizeof(k->hex), e) < 0)
		return -1;
	if (!from_hex(k->hex, k->seed, sizeof(k->seed)) || crypto_sign_seed_keypair(public, k->secret, k->seed) < 0)
		return err_set(e, EX_NOPERM, "'%s' does not hold a key", path);
	sodium_bin2hex(c->key, sizeof(c->key), public, sizeof(public));
	if (publish(directory, c->key, e) < 0)
		return -1;
	len = signed_text(c, text);
	crypto_sign_detached(signature, NULL, (const unsigned char *)text, len, k->secret);
	sodium_bin2hex(c->signature, sizeof(c->signature), signature, sizeof(signature));
	return 0;
}

int consent_key_sign(const char *directory, bool may_create, struct consent_checkpoint *c, struct err *e)
{
	struct secrets *k = sodium_malloc(sizeof(*k));
	char *path;
	int result;

	if (!k)
		return err_set(e, EX_OSERR, "no memory for a key");
	path = xformat("%s/ledger.key", directory);
	result = sign_with(directory, path, may_create, k, c, e);
	free(path);
	sodium_free(k);
	return result;
}

int consent_key_forget(const char *directory, bool may_create, unsigned char *ret_key, struct err *e)
{
	char *path = xformat("%s/forget.key", directory), *hex = sodium_malloc(2 * CONSENT_FORGET_KEY + 1);
	int result = hex ? 0 : err_set(e, EX_OSERR, "no memory for a key");

	if (result == 0)
		result = seed(path, may_create, "by which the forgotten are known", hex, 2 * CONSENT_FORGET_KEY + 1, e);
	if (result == 0 && !from_hex(hex, ret_key, CONSENT_FORGET_KEY))
		result = err_set(e, EX_NOPERM, "'%s' does not hold a key", path);
	sodium_free(hex);
	free(path);
	return result;
}
