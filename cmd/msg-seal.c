/* Encrypts a secret to this host's key, so that a configuration that holds it can be committed. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config/prompt.h"
#include "common/config/secret.h"
#include "common/diag.h"
#include "common/option.h"

#include "common/banned.h"

static bool make_key;
static const char *key_file;

static int init(const char *path, struct err *e)
{
	if (secret_key_create(path, e) < 0)
		return -1;
	diag_note("made the key '%s'; keep a copy in a safe place", path);
	return 0;
}

static int seal(const char *path, struct err *e)
{
	char *reference = NULL, *data = sodium_init() < 0 ? NULL : sodium_malloc(SECRET_BYTES);
	size_t len = 0;
	int result;

	if (!data)
		return err_set(e, EX_OSERR, "no protected memory for a secret");
	result = prompt_secret("secret (not shown): ", data, SECRET_BYTES, &len, e);
	if (result == 0)
		result = secret_seal(path, data, len, &reference, e);
	sodium_free(data);
	if (result == 0)
		puts(reference);
	free(reference);
	return result;
}

static int run(int argc, char **argv)
{
	struct err e;
	char *own = key_file ? NULL : secret_key_path(&e);
	const char *path = key_file ? key_file : own;
	int result = -1;

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	if (path)
		result = make_key ? init(path, &e) : seal(path, &e);
	free(own);
	return result < 0 ? diag_error(&e) : EX_OK;
}

static const struct option_def options[] = {
    {0, "init", OPTION_FLAG, &make_key, NULL, "make this host's key", false, 0, 0, NULL},
    {0, "key", OPTION_TEXT, &key_file, "file", "key instead of this host's", false, 0, 0, "file"},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static const struct command commands[] = {
    {NULL, NULL, "seal the secret on standard input", options, 0, 0, run},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct program program = {
    .name = "msg-seal",
    .help = "Encrypts a secret to this host's key, for the configuration.",
    .commands = commands,
    .footer =
	"msg-seal --init\n"
	"printf %s \"$TOKEN\" | msg-seal\n",
};

int main(int argc, char **argv)
{
	return option_main(&program, argc, argv);
}
