/* Secrets: what each kind of reference reads, what it refuses, and that no error ever repeats a value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/config/secret.h"
#include "common/config/shell.h"

#include "common/banned.h"

#define VALUE "s3cret value"

static char home[] = "/tmp/msg-test-secret-XXXXXX";

static int enter_home(void **state)
{
	(void)state;
	memcpy(home + strlen(home) - 6, "XXXXXX", 6);
	unsetenv("XDG_CONFIG_HOME");
	return !mkdtemp(home) || chdir(home) < 0 || setenv("HOME", home, 1) < 0 || setenv("MSG_HOST_KEY", "keys/host.key", 1) < 0;
}

static int leave_home(void **state)
{
	static const char *const files[] = {"f", "link", "d/f", "keys/host.key", "keys/other.key", "big"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlink(files[i]);
	rmdir("d");
	rmdir("keys");
	return chdir("/") < 0 || rmdir(home) < 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void assert_read(const char *reference, const char *directory, const char *expected)
{
	struct secret *s = NULL;
	struct err e = {0};

	if (secret_read(reference, directory, false, &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(secret_text(s), expected);
	secret_free(s);
}

static void assert_unread(const char *reference, int code, const char *expected)
{
	struct secret *s = NULL;
	struct err e = {0};

	assert_int_equal(secret_read(reference, ".", false, &s, &e), -1);
	assert_null(s);
	assert_string_equal(e.text, expected);
	assert_int_equal(e.code, code);
	assert_null(strstr(e.text, "s3cret"));
}

static void what_is_a_reference(void **state)
{
	(void)state;
	assert_true(secret_is_reference("env:A"));
	assert_true(secret_is_reference("file:a"));
	assert_true(secret_is_reference("cmd:pass show x"));
	assert_true(secret_is_reference("sealed:AAAA"));
	assert_false(secret_is_reference("env:"));
	assert_false(secret_is_reference("s3cret"));
	assert_false(secret_is_reference(""));
	assert_false(secret_is_reference("ENV:A"));
	assert_unread("s3cret", EX_CONFIG,
	    "a secret in plain sight: write env:NAME, file:PATH, cmd:COMMAND or sealed:… (msg-seal)");
}

static void from_environment(void **state)
{
	char *longest = calloc(1, SECRET_BYTES + 2);

	(void)state;
	setenv("MSG_TEST_SECRET", VALUE, 1);
	assert_read("env:MSG_TEST_SECRET", ".", VALUE);
	setenv("MSG_TEST_SECRET", "", 1);
	assert_unread("env:MSG_TEST_SECRET", EX_NOPERM, "secret 'env:MSG_TEST_SECRET': empty");
	unsetenv("MSG_TEST_SECRET");
	assert_unread("env:MSG_TEST_SECRET", EX_NOPERM, "secret 'env:MSG_TEST_SECRET': not set");
	memset(longest, 'x', SECRET_BYTES);
	setenv("MSG_TEST_SECRET", longest, 1);
	assert_read("env:MSG_TEST_SECRET", ".", longest);
	longest[SECRET_BYTES] = 'x';
	setenv("MSG_TEST_SECRET", longest, 1);
	assert_unread("env:MSG_TEST_SECRET", EX_NOPERM, "secret 'env:MSG_TEST_SECRET': longer than 8192 bytes");
	free(longest);
}

static void from_files(void **state)
{
	(void)state;
	mkdir("d", 0700);
	put("d/f", VALUE "\n", 0600);
	assert_read("file:f", "d", VALUE);
	assert_read("file:~/d/f", "/nowhere", VALUE);
	put("f", VALUE "\r\n", 0400);
	assert_read("file:f", ".", VALUE);
	chmod("f", 0600);
	put("f", "-----BEGIN-----\nAAAA\n-----END-----\n", 0600);
	assert_read("file:f", ".", "-----BEGIN-----\nAAAA\n-----END-----");
	assert_int_equal(symlink("f", "link"), 0);
	assert_read("file:link", ".", "-----BEGIN-----\nAAAA\n-----END-----");
}

static void loose_files(void **state)
{
	FILE *f;

	(void)state;
	put("f", VALUE "\n", 0644);
	assert_unread("file:f", EX_NOPERM, "secret 'file:f': 'f' is open to others (mode 0644): chmod 600 it");
	chmod("f", 0640);
	assert_unread("file:f", EX_NOPERM, "secret 'file:f': 'f' is open to others (mode 0640): chmod 600 it");
	chmod("f", 0602);
	assert_unread("file:f", EX_NOPERM, "secret 'file:f': 'f' is open to others (mode 0602): chmod 600 it");
	assert_int_equal(symlink("f", "link"), 0);
	assert_unread("file:link", EX_NOPERM, "secret 'file:link': 'link' is open to others (mode 0602): chmod 600 it");
	if (geteuid() == 0) {
		chmod("f", 0600);
		assert_int_equal(chown("f", 1, 1), 0);
		assert_unread("file:f", EX_NOPERM, "secret 'file:f': 'f' belongs to another user");
		assert_int_equal(chown("f", 0, 0), 0);
	}
	put("f", "\n", 0600);
	assert_unread("file:f", EX_NOPERM, "secret 'file:f': empty");
	f = fopen("f", "w");
	fwrite("a\0b", 1, 3, f);
	fclose(f);
	assert_unread("file:f", EX_NOPERM, "secret 'file:f': has a NUL byte");
	assert_unread("file:none", EX_NOPERM, "secret 'file:none': cannot open 'none': No such file or directory");
	assert_unread("file:/dev/null", EX_NOPERM, "secret 'file:/dev/null': '/dev/null' is not a regular file");
	put("big", "", 0600);
	assert_int_equal(truncate("big", SECRET_BYTES + 1), 0);
	assert_unread("file:big", EX_NOPERM, "secret 'file:big': 'big' is longer than 8192 bytes");
}

static void from_commands(void **state)
{
	(void)state;
	assert_read("cmd:printf 's3cret value\\nuser: clinic\\n'", ".", VALUE);
	assert_read("cmd:printf 's3cret value'", ".", VALUE);
	/* Our standard input holds messages: a command must not eat them. */
	assert_read("cmd:cat; echo x", ".", "x");
	/* A first line is enough, however much comes after it. */
	assert_read("cmd:echo x; head -c 100000 /dev/zero", ".", "x");
	assert_unread("cmd:true", EX_NOPERM, "secret 'cmd:true': empty");
	assert_unread("cmd:echo x; exit 3", EX_NOPERM,
	    "secret 'cmd:echo x; exit 3': ended with status 3");
	assert_unread("cmd:exec /nonexistent/pass 2>/dev/null", EX_NOPERM,
	    "secret 'cmd:exec /nonexistent/pass 2>/dev/null': ended with status 127");
	assert_unread("cmd:kill -9 $$", EX_NOPERM, "secret 'cmd:kill -9 $$': ended with status 137");
	assert_unread("cmd:head -c 9000 /dev/zero | tr '\\0' x", EX_NOPERM,
	    "secret 'cmd:head -c 9000 /dev/zero | tr '\\0' x': its first line is longer than 8192 bytes");
}

static void a_command_that_hangs(void **state)
{
	struct shell s;
	struct buf b;
	struct err e = {0};

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(shell_start(&s, "exec sleep 600", false, &e), 0);
	assert_int_equal(shell_read(&s, &b, shell_clock() + 20), -1);
	assert_int_equal(shell_end(&s, 0), 128 + 9);
	assert_int_equal(shell_start(&s, "exec sleep 600 >/dev/null", true, &e), 0);
	assert_int_equal(shell_read(&s, &b, shell_clock() + 30000), 0);
	assert_int_equal(shell_end(&s, 20), 128 + 9);
	buf_clear(&b);
}

static void sealed(void **state)
{
	struct err e = {0};
	char *reference = NULL, *again = NULL, *damaged;
	struct stat st;

	(void)state;
	assert_int_equal(secret_seal("keys/host.key", VALUE, strlen(VALUE), &reference, &e), -1);
	assert_string_equal(e.text, "no host key 'keys/host.key': make it with msg-seal --init");
	assert_int_equal(e.code, EX_NOPERM);
	assert_int_equal(secret_key_create("keys/host.key", &e), 0);
	assert_int_equal(stat("keys/host.key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(secret_seal("keys/host.key", VALUE, strlen(VALUE), &reference, &e), 0);
	assert_int_equal(secret_seal("keys/host.key", VALUE, strlen(VALUE), &again, &e), 0);
	assert_string_not_equal(reference, again);
	assert_null(strstr(reference, "s3cret"));
	assert_read(reference, ".", VALUE);
	assert_read(again, ".", VALUE);
	damaged = reference;
	damaged[strlen("sealed:") + 20] = damaged[strlen("sealed:") + 20] == 'A' ? 'B' : 'A';     /* Base64 still */
	assert_unread(damaged, EX_NOPERM,
	    "secret 'sealed:…': cannot be opened with 'keys/host.key': damaged, or sealed to another key");
	assert_unread("sealed:AAAA", EX_NOPERM, "secret 'sealed:…': not what msg-seal writes");
	assert_unread("sealed:s3cret!", EX_NOPERM, "secret 'sealed:…': not what msg-seal writes");
	chmod("keys/host.key", 0644);
	assert_unread(again, EX_NOPERM, "secret 'sealed:…': 'keys/host.key' is open to others (mode 0644): chmod 600 it");
	free(reference);
	free(again);
}

static void sealing_refuses(void **state)
{
	struct err e = {0};
	char *reference = NULL, big[SECRET_BYTES + 1] = {0};

	(void)state;
	assert_int_equal(secret_key_create("keys/host.key", &e), 0);
	assert_int_equal(secret_key_create("keys/host.key", &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_string_equal(e.text, "'keys/host.key' exists: a new key could not open what was sealed with it");
	assert_int_equal(secret_seal("keys/host.key", "", 0, &reference, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_int_equal(secret_seal("keys/host.key", "a\0b", 3, &reference, &e), -1);
	assert_string_equal(e.text, "the secret has a NUL byte");
	memset(big, 'x', sizeof(big));
	assert_int_equal(secret_seal("keys/host.key", big, sizeof(big), &reference, &e), -1);
	assert_string_equal(e.text, "the secret is longer than 8192 bytes");
	assert_int_equal(secret_seal("keys/host.key", big, SECRET_BYTES, &reference, &e), 0);
	big[SECRET_BYTES] = '\0';
	assert_read(reference, ".", big);
	free(reference);
	put("keys/other.key", "msg-host-key-1:AAAA\n", 0600);
	assert_int_equal(secret_seal("keys/other.key", "x", 1, &reference, &e), -1);
	assert_string_equal(e.text, "'keys/other.key' is not a host key");
}

static void where_the_key_is(void **state)
{
	struct err e = {0};
	char *path = secret_key_path(&e);

	(void)state;
	assert_string_equal(path, "keys/host.key");
	free(path);
	unsetenv("MSG_HOST_KEY");
	setenv("XDG_CONFIG_HOME", "/x", 1);
	path = secret_key_path(&e);
	assert_string_equal(path, "/x/msg/host.key");
	free(path);
	unsetenv("XDG_CONFIG_HOME");
	path = secret_key_path(&e);
	if (geteuid() == 0)
		assert_string_equal(path, "/etc/msg/host.key");
	else
		assert_memory_equal(path, home, strlen(home));
	free(path);
}

/* A dry run reads nothing: not a file, not a variable, and it runs nothing. */
static void masked(void **state)
{
	static const char *const references[] = {"env:MSG_TEST_NONE", "file:/nonexistent", "cmd:touch f", "sealed:AAAA"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(references); i++) {
		struct secret *s = NULL;
		struct err e = {0};

		assert_int_equal(secret_read(references[i], ".", true, &s, &e), 0);
		assert_string_equal(secret_text(s), "***");
		secret_free(s);
	}
	assert_int_equal(access("f", F_OK), -1);
	secret_free(NULL);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, enter_home, leave_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOME(what_is_a_reference),
	    IN_HOME(from_environment),
	    IN_HOME(from_files),
	    IN_HOME(loose_files),
	    IN_HOME(from_commands),
	    IN_HOME(a_command_that_hangs),
	    IN_HOME(sealed),
	    IN_HOME(sealing_refuses),
	    IN_HOME(where_the_key_is),
	    IN_HOME(masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
