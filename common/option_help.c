#include <stdbool.h>
#include <string.h>

#include "common/buf.h"
#include "common/option_complete.h"
#include "common/option_help.h"

#include "common/banned.h"

#define COLUMNS 80
#define HELP_BYTES (64u << 10)
#define MAX_OPTIONS 48
#define HELP_AT 31      /* where the words behind an option begin */

/* Text that is broken between its words, every line but the first behind `indent` blanks. */
struct flow {
	struct buf text;
	size_t column, indent;
};

static void flow_text(struct flow *f, const char *text)
{
	buf_add_text(&f->text, text);
	f->column += strlen(text);
}

static void flow_end(struct flow *f)
{
	buf_add_char(&f->text, '\n');
	f->column = 0;
}

static void flow_to(struct flow *f, size_t column)
{
	for (; f->column < column; f->column++)
		buf_add_char(&f->text, ' ');
}

/* A word that stays whole, with a blank before it, or a new line where there is no room. */
static void flow_word(struct flow *f, const char *word, size_t len)
{
	if (f->column + 1 + len > COLUMNS && f->column > f->indent) {
		flow_end(f);
		flow_to(f, f->indent);
	} else if (f->column > f->indent) {
		flow_text(f, " ");
	}
	buf_add(&f->text, word, len);
	f->column += len;
}

static void flow_words(struct flow *f, const char *text)
{
	while (*text) {
		size_t len = *text == '[' ? strlen(text) : strcspn(text, " \n");        /* an operand in brackets stays whole */

		if (len)
			flow_word(f, text, len);
		text += len + (text[len] != '\0');
	}
}

/* "[-hqvV]", "[-c file]", "[--wait[=duration]]", "[--rejects file]" */
static void usage_options(struct flow *f, const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS), used = 0;
	char flags[MAX_OPTIONS + 8], one[96];

	for (size_t i = 0; i < count; i++)
		if (defs[i]->letter && (!defs[i]->arg || defs[i]->optional_arg))
			flags[used++] = defs[i]->letter;
	flow_word(f, one, (size_t)snprintf(one, sizeof(one), "[-%.*s]", (int)used, flags));
	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];
		int len;

		if (!d->help || (d->letter && !d->arg))
			continue;
		if (d->optional_arg)
			len = snprintf(one, sizeof(one), "[--%s[=%s]]", d->name, d->arg);
		else if (d->letter)
			len = snprintf(one, sizeof(one), "[-%c %s]", d->letter, d->arg);
		else
			len = snprintf(one, sizeof(one), "[--%s%s%s]", d->name, d->arg ? " " : "", d->arg ? d->arg : "");
		flow_word(f, one, (size_t)len);
	}
}

static void usage(struct flow *f, const struct program *p, const struct command *only)
{
	const char *lead = "usage: ";

	for (const struct command *c = p->commands; c->help; c++) {
		if (only && only != c)
			continue;
		flow_text(f, lead);
		flow_text(f, p->name);
		if (c->name) {
			flow_text(f, " ");
			flow_text(f, c->name);
		}
		flow_text(f, " ");
		f->indent = f->column;
		usage_options(f, c);
		flow_words(f, c->operands ? c->operands : "");
		flow_end(f);
		lead = "       ";
	}
	f->indent = 0;
}

void option_print_usage(const struct program *p, const struct command *only, FILE *out)
{
	struct flow f = {0};

	buf_init(&f.text, HELP_BYTES);
	usage(&f, p, only);
	fwrite(f.text.data, 1, f.text.len, out);
	buf_clear(&f.text);
}

/* What stands on the left, and behind it, or below where it is too long, what it is. */
static void entry(struct flow *f, const char *left, size_t column, const char *help)
{
	flow_text(f, left);
	if (f->column >= column)
		flow_end(f);
	flow_to(f, column);
	f->indent = column;
	flow_words(f, help);
	flow_end(f);
	f->indent = 0;
}

static void help_option(struct flow *f, const struct option_def *d)
{
	const char *open = d->optional_arg ? "[=" : "=", *close = d->optional_arg ? "]" : "";
	char left[48];
	int used = d->letter ? snprintf(left, sizeof(left), "  -%c, --%s", d->letter, d->name) :
			       snprintf(left, sizeof(left), "      --%s", d->name);

	if (d->arg)
		snprintf(left + used, sizeof(left) - (size_t)used, "%s%s%s", open, d->arg, close);
	entry(f, left, HELP_AT, d->help);
}

static void help_options(struct flow *f, const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);

	for (size_t i = 0; i < count; i++)
		if (defs[i]->help)
			help_option(f, defs[i]);
}

static void help_commands(struct flow *f, const struct program *p)
{
	char left[32];

	for (const struct command *c = p->commands; c->help; c++)
		if (c->name) {
			snprintf(left, sizeof(left), "  %s", c->name);
			entry(f, left, 15, c->help);
		}
	buf_addf(&f->text, "\n'%s COMMAND -h' tells a command's options.\n", p->name);
}

static void examples(struct flow *f, const char *lines)
{
	buf_add_text(&f->text, "\nexamples:\n");
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		buf_addf(&f->text, "  %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

void option_print_help(const struct program *p, const struct command *only)
{
	struct flow f = {0};
	bool one = only && only->name;

	buf_init(&f.text, HELP_BYTES);
	usage(&f, p, only);
	flow_end(&f);
	flow_words(&f, one ? only->help : p->help);
	buf_add_text(&f.text, "\n\n");
	f.column = 0;
	if (one || !p->commands->name)
		help_options(&f, only ? only : p->commands);
	if (!one && p->commands[1].help) {
		if (!p->commands->name)
			flow_end(&f);
		help_commands(&f, p);
	}
	if (p->footer && !one)
		examples(&f, p->footer);
	fwrite(f.text.data, 1, f.text.len, stdout);
	buf_clear(&f.text);
}
