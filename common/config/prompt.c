/*
 * The terminal gets its echo back whatever ends the reading: a signal that would end the program interrupts the read,
 * and is raised again afterwards.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "common/compat.h"
#include "common/config/prompt.h"

#include "common/banned.h"

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

/*
 * Until there is something to read, or a signal. `open` is the mask with which signals come through: only here, so that
 * none falls between the look at `caught` and the wait. NULL: there is none to wait for.
 */
static bool wait_for_input(const sigset_t *open)
{
	fd_set in;

	if (!open)
		return true;
	do {
		FD_ZERO(&in);
		FD_SET(STDIN_FILENO, &in);
	} while (pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, open) < 0 && errno == EINTR && !caught);
	return !caught;
}

/* To the end of the input, the end of a line if `line`, a signal, or one byte past `max` (dropped). */
static int read_input(bool line, const sigset_t *open, char *data, size_t max, size_t *ret_len, struct err *e)
{
	size_t len = 0;

	while (wait_for_input(open)) {
		char more;
		ssize_t got = len < max ? read(STDIN_FILENO, data + len, max - len) : read(STDIN_FILENO, &more, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, EX_IOERR, "cannot read input: %s", strerror(errno));
		if (got > 0 && len == max && more != '\n')
			return err_set(e, EX_DATAERR, "the secret is longer than %zu bytes", max);
		len += len < max ? (size_t)got : 0;
		if (got == 0 || (line && (len == max || data[len - 1] == '\n')))
			break;
	}
	if (len > 0 && data[len - 1] == '\n')
		len--;
	if (len > 0 && data[len - 1] == '\r')
		len--;
	*ret_len = len;
	return 0;
}

static int read_quietly(const char *prompt, char *data, size_t max, size_t *ret_len, struct err *e)
{
	struct sigaction catcher = {.sa_handler = catch_signal}, before[COUNT_OF(deadly)];
	struct termios loud, quiet;
	sigset_t closed, open;
	int result;

	if (tcgetattr(STDIN_FILENO, &loud) < 0)
		return err_set(e, EX_IOERR, "cannot turn the terminal's echo off: %s", strerror(errno));
	caught = 0;
	sigemptyset(&closed);
	for (size_t i = 0; i < COUNT_OF(deadly); i++) {
		sigaddset(&closed, deadly[i]);
		sigaction(deadly[i], &catcher, &before[i]);
	}
	sigprocmask(SIG_BLOCK, &closed, &open);
	quiet = loud;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	fputs(prompt, stderr);
	result = read_input(true, &open, data, max, ret_len, e);
	fputc('\n', stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &loud);
	for (size_t i = 0; i < COUNT_OF(deadly); i++)
		sigaction(deadly[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &open, NULL);
	if (caught)
		raise(caught);
	return result;
}

int prompt_secret(const char *prompt, char *data, size_t max, size_t *ret_len, struct err *e)
{
	if (isatty(STDIN_FILENO))
		return read_quietly(prompt, data, max, ret_len, e);
	return read_input(false, NULL, data, max, ret_len, e);
}
