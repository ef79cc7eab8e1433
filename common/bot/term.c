/* readline's owner: prompt, history, completion. session.c does the talking. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "common/bot/session.h"
#include "common/bot/term.h"
#include "common/line/envelope.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HISTORY_LINES 1000

/* readline's callbacks take no context. */
static struct session *current;

/* ---- completion ---- */

/* The `at`th answer that the waiting state expects, or NULL. */
static const char *expected(size_t at)
{
	const struct flow_state *state = session_state(current);

	for (size_t i = 0; state && state->kind == FLOW_ASK && i < state->rule_count; i++) {
		size_t word = 0;

		while (answer_word(state->rules[i].answer, word)) {
			if (at-- == 0)
				return answer_word(state->rules[i].answer, word);
			word++;
		}
	}
	return NULL;
}

static char *next_match(const char *text, int again)
{
	static size_t at;
	const char *word;

	at = again ? at : 0;
	while ((word = *rl_line_buffer == '/' ? term_command_names()[at] : expected(at))) {
		at++;
		if (strncasecmp(word, text, strlen(text)) == 0)
			return xstrdup(word);
	}
	return NULL;
}

/* The whole line is one word, unless it is a command with its operand. */
static char *word_breaks(void)
{
	static char none[] = "", blanks[] = " \t";

	return *rl_line_buffer == '/' ? blanks : none;
}

static char **complete(const char *text, int start, int end)
{
	(void)end;
	rl_attempted_completion_over = strncmp(rl_line_buffer, "/save ", 6) != 0;
	return start == 0 ? rl_completion_matches(text, next_match) : NULL;
}

/* ---- history ---- */

static void make_directories(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700);
		*slash = '/';
	}
	free(copy);
}

/* Best effort: a terminal without a place for its history is still a terminal. */
static void keep_history(const char *path)
{
	mode_t before = umask(0077);

	make_directories(path);
	write_history(path);
	umask(before);
}

/* ---- the loop ---- */

static char *prompt(const struct session *s)
{
	const char *name = envelope_text(s->contact, "name", envelope_text(s->contact, "id", "you"));

	/* \001 and \002 tell readline which bytes take no room. */
	return s->colour ? xformat("\001\033[1m\002%s> \001\033[0m\002", name) : xformat("%s> ", name);
}

static void take_line(struct session *s, const char *line)
{
	char *text = answer_trim(line);

	if (*text)
		add_history(text);
	if (text[0] == '/' && text[1] == '/')
		session_hear(s, text + 1);
	else if (*text == '/')
		term_command(s, text);
	else if (*text)
		session_hear(s, text);
	free(text);
}

static void set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	rl_readline_name = "msg-bot";
	rl_attempted_completion_function = complete;
	rl_completion_word_break_hook = word_breaks;
	if (!isatty(STDOUT_FILENO))
		rl_outstream = stderr;
	using_history();
	stifle_history(HISTORY_LINES);
}

int term_run(const struct flow *f, const struct config *config, struct contacts *contacts, struct err *e)
{
	char *history = xformat("%s/bot_history", config->state);
	const char *no_colour = getenv("NO_COLOR");
	struct session s;

	session_init(&s, f, contacts, isatty(STDOUT_FILENO) && !(no_colour && *no_colour));
	current = &s;
	set_up();
	read_history(history);
	session_show(&s, SESSION_NOTE, "flow '%s': write as the person would; /help for more, Ctrl-D ends", f->name);
	while (!s.done && !ferror(stdout)) {
		char *text = prompt(&s), *line = readline(text);

		free(text);
		if (!line) {
			fputc('\n', rl_outstream);
			break;
		}
		take_line(&s, line);
		free(line);
	}
	keep_history(history);
	session_clear(&s);
	free(history);
	return ferror(stdout) ? err_set(e, EX_IOERR, "cannot write output: %s", strerror(errno)) : 0;
}
