/*
 * The host's key is a pair of libsodium's crypto_box (X25519). Its file holds the secret half, from which the public
 * one follows. A sealed secret is a crypto_box_seal to the public half, in base 64.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/config/host_key.h"
#include "common/config/private_file.h"
#include "common/config/secret.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FORM "msg-host-key-1:"
#define BASE64 sodium_base64_VARIANT_ORIGINAL
#define KEY_TEXT 128            /* of the file, generously */
#define PUBLIC crypto_box_PUBLICKEYBYTES
#define SECRET crypto_box_SECRETKEYBYTES
#define SEAL crypto_box_SEALBYTES

struct pair {
	unsigned char public[PUBLIC];
	unsigned char secret[SECRET];
};

char *secret_key_path(struct err *e)
{
	const char *named = getenv("MSG_HOST_KEY"), *xdg = getenv("XDG_CONFIG_HOME");
	const struct config home = {.directory = (char *)"."};
	char *path;

	if (named && *named)
		return xstrdup(named);
	if (xdg && *xdg == '/')
		return xformat("%s/msg/host.key", xdg);
	if (geteuid() == 0)
		return xstrdup("/etc/msg/host.key");
	path = config_path(&home, "~/.config/msg/host.key");
	if (*path == '/')
		return path;
	free(path);
	err_set(e, EX_NOPERM, "no place for the host's key: neither MSG_HOST_KEY nor HOME is set");
	return NULL;
}

int secret_key_create(const char *path, struct err *e)
{
	char text[KEY_TEXT] = FORM;
	struct pair pair;
	int result;

	if (sodium_init() < 0)
		return err_set(e, EX_OSERR, "libsodium does not start");
	if (access(path, F_OK) == 0)
		return err_set(e, EX_CANTCREAT, "'%s' exists: a new key could not open what was sealed with it", path);
	crypto_box_keypair(pair.public, pair.secret);
	sodium_bin2base64(text + strlen(FORM), sizeof(text) - strlen(FORM) - 1, pair.secret, SECRET, BASE64);
	text[strlen(text) + 1] = '\0';
	text[strlen(text)] = '\n';
	result = private_file_create(path, text, strlen(text), e);
	sodium_memzero(text, sizeof(text));
	sodium_memzero(&pair, sizeof(pair));
	return result;
}

static int read_pair(const char *path, struct pair *ret_pair, struct err *e)
{
	char text[KEY_TEXT];
	size_t len = 0, got = 0;
	int result = -1;

	if (access(path, F_OK) < 0)
		return err_set(e, EX_NOPERM, "no host key '%s': make it with msg-seal --init", path);
	if (private_file_read(path, text, sizeof(text), &len, e) < 0)
		return -1;
	if (len > strlen(FORM) && memcmp(text, FORM, strlen(FORM)) == 0 &&
	    sodium_base642bin(ret_pair->secret, SECRET, text + strlen(FORM), len - strlen(FORM), "\r\n", &got, NULL, BASE64) == 0 &&
	    got == SECRET)
		result = crypto_scalarmult_base(ret_pair->public, ret_pair->secret);
	sodium_memzero(text, sizeof(text));
	return result == 0 ? 0 : err_set(e, EX_NOPERM, "'%s' is not a host key", path);
}

static char *encode(const unsigned char *box, size_t len)
{
	size_t size = sodium_base64_encoded_len(len, BASE64);
	char *base64 = xcalloc(1, size), *reference;

	sodium_bin2base64(base64, size, box, len, BASE64);
	reference = xformat("sealed:%s", base64);
	free(base64);
	return reference;
}

int secret_seal(const char *key_path, const void *data, size_t len, char **ret_reference, struct err *e)
{
	unsigned char box[SECRET_BYTES + SEAL];
	struct pair pair;

	if (sodium_init() < 0)
		return err_set(e, EX_OSERR, "libsodium does not start");
	if (len == 0)
		return err_set(e, EX_DATAERR, "the secret is empty");
	if (len > SECRET_BYTES)
		return err_set(e, EX_DATAERR, "the secret is longer than %d bytes", SECRET_BYTES);
	if (memchr(data, '\0', len))
		return err_set(e, EX_DATAERR, "the secret has a NUL byte");
	if (read_pair(key_path, &pair, e) < 0)
		return -1;
	crypto_box_seal(box, data, len, pair.public);
	sodium_memzero(&pair, sizeof(pair));
	*ret_reference = encode(box, len + SEAL);
	return 0;
}

int host_key_open(const char *base64, void *ret_data, size_t max, size_t *ret_len, struct err *e)
{
	unsigned char box[SECRET_BYTES + SEAL];
	struct pair pair;
	char *path;
	size_t len = 0;
	int result;

	if (sodium_base642bin(box, sizeof(box), base64, strlen(base64), NULL, &len, NULL, BASE64) < 0 || len < SEAL ||
	    len - SEAL > max)
		return err_set(e, EX_NOPERM, "not what msg-seal writes");
	path = secret_key_path(e);
	if (!path)
		return -1;
	result = read_pair(path, &pair, e);
	if (result == 0 && crypto_box_seal_open(ret_data, box, len, pair.public, pair.secret) < 0)
		result = err_set(e, EX_NOPERM, "cannot be opened with '%s': damaged, or sealed to another key", path);
	sodium_memzero(&pair, sizeof(pair));
	free(path);
	*ret_len = len - SEAL;
	return result;
}
