#include "common/option.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/banned.h"

static bool dry;
static unsigned jobs = 4;
static const char *subject;
static struct option_list tags;
static int64_t wait_ms = -1, since_ms = -1;

static const struct option_def send_options[] = {
    {'n', "dry-run", OPTION_FLAG, &dry, NULL, "print, do not send", false, 0, 0, NULL},
    {'w', "wait", OPTION_DURATION, &wait_ms, "duration", "wait for a final receipt", true, 0, 0, NULL},
    {'j', "jobs", OPTION_COUNT, &jobs, "count", "how many at once", false, 1, 64, NULL},
    {'s', "subject", OPTION_TEXT, &subject, "text", "what it's about", false, 0, 0, NULL},
    {'t', "tag", OPTION_LIST, &tags, "tag", "a tag", false, 0, 0, "red green"},
    {0, "since", OPTION_DURATION, &since_ms, "duration", "how far back", false, 0, 0, NULL},
    {0, NULL, OPTION_FLAG, NULL, NULL, NULL, false, 0, 0, NULL},
};

static int say(int argc, char **argv)
{
	printf("dry=%d jobs=%u subject=%s wait=%lld since=%lld config=%s quiet=%d verbose=%d tags=", dry, jobs,
	    subject ? subject : "-", (long long)wait_ms, (long long)since_ms, option_common.config ? option_common.config : "-",
	    option_common.quiet, option_common.verbosity);
	for (size_t i = 0; i < tags.count; i++)
		printf("%s,", tags.items[i]);
	printf(" operands=");
	for (int i = 0; i < argc; i++)
		printf("%s,", argv[i]);
	free(tags.items);
	return EX_UNDELIVERED;
}

static const struct command one_command[] = {
    {NULL, "[file ...]", "sends", send_options, 0, 3, say},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};
static const struct program one = {"msg-one", "Sends things.", one_command, "msg-one x\n"};

static const struct command several_commands[] = {
    {"check", "[file ...]", "asks", send_options, 0, 9, say},
    {"show", "id", "shows one", NULL, 1, 1, say},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};
static const struct program several = {"msg-several", "Does things.", several_commands, NULL};

static char out[20000], said[20000];

static void slurp(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, size - 1);

	text[got > 0 ? got : 0] = '\0';
	close(fd);
	unlink(path);
}

/* In a process of its own: options are parsed once in a program's life. The words are split at spaces. */
static int run(const struct program *p, const char *words)
{
	char line[256], *argv[32] = {(char *)"x"}, *at = line;
	char path_out[] = "/tmp/test_option.XXXXXX", path_said[] = "/tmp/test_option.XXXXXX";
	int argc = 1, status, fd_out = mkstemp(path_out), fd_said = mkstemp(path_said);
	pid_t pid;

	snprintf(line, sizeof(line), "%s", words);
	while (*at) {
		argv[argc++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fd_out, STDOUT_FILENO);
		dup2(fd_said, STDERR_FILENO);
		status = option_main(p, argc, argv);
		fflush(NULL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	close(fd_out);
	close(fd_said);
	slurp(path_out, out, sizeof(out));
	slurp(path_said, said, sizeof(said));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void options_are_read_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(run(&one, "-n -j8 a --subject=x -t red b --tag green -c conf -vvq --since 1h30m"), EX_UNDELIVERED);
	assert_string_equal(out,
	    "dry=1 jobs=8 subject=x wait=-1 since=5400000 config=conf quiet=1 verbose=2 tags=red,green, operands=a,b,");
	assert_int_equal(run(&one, "-nw -s y -- -s z"), EX_UNDELIVERED);
	assert_string_equal(out,
	    "dry=1 jobs=4 subject=y wait=9223372036854775807 since=-1 config=- quiet=0 verbose=0 tags= operands=-s,z,");
	assert_int_equal(run(&one, "--wait=90s -"), EX_UNDELIVERED);
	assert_contains(out, "wait=90000 ");
	assert_contains(out, "operands=-,");
	assert_int_equal(run(&one, ""), EX_UNDELIVERED);
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *words, *text;
	} cases[] = {
	    {"-x", "unknown option '-x'"},
	    {"-nx", "unknown option '-x'"},
	    {"--nothing", "unknown option '--nothing'"},
	    {"--nothing=1", "unknown option '--nothing=1'"},
	    {"-s", "option '-s' needs a value"},
	    {"--subject", "option '--subject' needs a value"},
	    {"--dry-run=yes", "option '--dry-run' takes no value"},
	    {"--subjcet", "unknown option '--subjcet' (did you mean '--subject'? -h for help)"},
	    {"--s", "option '--s' may be '--subject' or '--since'"},
	    {"-7", "unknown option '-7' (-h for help; what begins with - and is no option goes behind --)"},
	    {"-j 0", "--jobs: not a number from 1 to 64: '0'"},
	    {"-j 65", "--jobs: not a number from 1 to 64: '65'"},
	    {"-j -1", "--jobs: not a number from 1 to 64: '-1'"},
	    {"-j 3x", "--jobs: not a number from 1 to 64: '3x'"},
	    {"-j 99999999999999999999", "--jobs: not a number from 1 to 64: "},
	    {"--jobs=", "--jobs: not a number from 1 to 64: ''"},
	    {"--wait=soon", "--wait: not a duration such as 15m: 'soon'"},
	    {"--since 15", "--since: not a duration such as 15m: '15'"},
	    {"a b c d", "too many operands"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int status = run(&one, cases[i].words);

		if (status != EX_USAGE)
			fail_msg("%s: status %d", cases[i].words, status);
		assert_contains(said, "msg-one: ");
		assert_contains(said, cases[i].text);
		assert_string_equal(out, "");
	}
}

static void help_and_version_come_from_the_table(void **state)
{
	(void)state;
	assert_int_equal(run(&one, "-h"), EX_OK);
	assert_contains(out, "usage: msg-one [-hqvVnw] [-c file] [--wait[=duration]] [-j count] [-s text]\n"
			     "               [-t tag] [--since duration] [file ...]\n");
	assert_contains(out, "\nSends things.\n");
	assert_contains(out, "  -s, --subject=text           what it's about\n");
	assert_contains(out, "      --since=duration         how far back\n");
	assert_contains(out, "\nexamples:\n  msg-one x\n");
	assert_int_equal(run(&one, "--version"), EX_OK);
	assert_string_equal(out, "msg-one " MSG_VERSION "\n");
	assert_int_equal(run(&several, "-h"), EX_OK);
	assert_contains(out, "usage: msg-several check [-");
	assert_contains(out, "msg-several show [-");
	assert_contains(out, "  show         shows one\n");
	assert_contains(out, "\n'msg-several COMMAND -h' tells a command's options.\n");
	assert_int_equal(run(&several, "shwo"), EX_USAGE);
	assert_contains(said, "unknown command 'shwo' (did you mean 'show'? -h for help)");
	assert_int_equal(run(&several, "show -h"), EX_OK);
	assert_null(strstr(out, "msg-several check"));
	assert_int_equal(run(&several, "-V"), EX_OK);
}

static void commands_have_their_own_options(void **state)
{
	(void)state;
	assert_int_equal(run(&several, "check -n x y"), EX_UNDELIVERED);
	assert_contains(out, "dry=1");
	assert_contains(out, "operands=x,y,");
	assert_int_equal(run(&several, "show -q 7"), EX_UNDELIVERED);
	assert_contains(out, "operands=7,");
	assert_int_equal(run(&several, "-c conf show 7"), EX_UNDELIVERED);
	assert_contains(out, "config=conf");
	assert_int_equal(run(&several, "show -n 7"), EX_USAGE);
	assert_contains(said, "unknown option '-n'");
	assert_int_equal(run(&several, "show"), EX_USAGE);
	assert_contains(said, "operand missing");
	assert_contains(said, "usage: msg-several show ");
	assert_int_equal(run(&several, "shew 7"), EX_USAGE);
	assert_contains(said, "unknown command 'shew'");
	assert_int_equal(run(&several, ""), EX_USAGE);
	assert_contains(said, "command missing");
	assert_int_equal(run(&several, "-q"), EX_USAGE);
	assert_contains(said, "command missing");
	assert_int_equal(run(&several, "-c check"), EX_USAGE);
	assert_contains(said, "command missing");
}

static void completions_know_every_option(void **state)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	char words[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shells); i++) {
		snprintf(words, sizeof(words), "--completion %s", shells[i]);
		assert_int_equal(run(&one, words), EX_OK);
		assert_contains(out, "dry-run");
		assert_contains(out, "since");
		assert_contains(out, "red green");
		assert_int_equal(run(&several, words), EX_OK);
		assert_contains(out, "check");
		assert_contains(out, "show");
	}
	assert_int_equal(run(&one, "--completion csh"), EX_USAGE);
	assert_contains(said, "not bash, zsh or fish: 'csh'");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_are_read_wherever_they_stand),
	    cmocka_unit_test(what_is_wrong_is_said),
	    cmocka_unit_test(help_and_version_come_from_the_table),
	    cmocka_unit_test(commands_have_their_own_options),
	    cmocka_unit_test(completions_know_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
