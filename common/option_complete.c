#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "common/option_complete.h"

#include "common/banned.h"

#define MAX_OPTIONS 48

static void words_of_options(const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);

	for (size_t i = 0; i < count; i++) {
		if (!defs[i]->help)
			continue;
		if (defs[i]->letter)
			printf(" -%c", defs[i]->letter);
		printf(" --%s", defs[i]->name);
	}
}

static bool has_names(const struct program *p)
{
	return p->commands->name || p->commands[1].help;
}

static void words_of_names(const struct program *p)
{
	for (const struct command *c = p->commands; c->help; c++)
		if (c->name)
			printf(" %s", c->name);
}

/* The function's name: dashes are not allowed in one. */
static void function_name(const char *program)
{
	putchar('_');
	for (; *program; program++)
		putchar(*program == '-' ? '_' : *program);
}

static void bash_values(const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);

	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];

		if (!d->help || !d->values)
			continue;
		printf("\t");
		if (d->letter)
			printf("-%c|", d->letter);
		printf("--%s) ", d->name);
		if (strcmp(d->values, "file") == 0 || strcmp(d->values, "directory") == 0)
			printf("mapfile -t COMPREPLY < <(compgen -%c -- \"$word\"); return;;\n", d->values[0]);
		else
			printf("mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\"); return;;\n", d->values);
	}
}

static void bash_words(const struct command *c)
{
	printf("\t%s) words='", c->name ? c->name : "*");
	words_of_options(c);
	printf("';;\n");
}

static void bash(const struct program *p)
{
	printf("# bash completion for %s\n", p->name);
	function_name(p->name);
	printf("()\n{\n\tlocal word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD - 1]}\"\n"
	       "\tlocal command=\"${COMP_WORDS[1]}\" words=\n");
	printf("\tcase \"$before\" in\n");
	bash_values(p->commands);
	for (const struct command *c = p->commands; c->help && c->name; c++)
		if (c != p->commands && c->options)
			bash_values(&(struct command){.options = c->options});
	printf("\tesac\n\tcase \"$command\" in\n");
	for (const struct command *c = p->commands; c->help; c++)
		if (c->name)
			bash_words(c);
	if (!p->commands->name)
		bash_words(p->commands);
	printf("\tesac\n");
	if (has_names(p)) {
		printf("\tif ((COMP_CWORD == 1)); then\n\t\twords%s", p->commands->name ? "='-h -V" : "+='");
		words_of_names(p);
		printf("'\n\tfi\n");
	}
	printf("\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	       "\t((${#COMPREPLY[@]})) || mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n}\n");
	printf("complete -F ");
	function_name(p->name);
	printf(" %s\n", p->name);
}

/* A help text inside single quotes, for zsh also without the bytes that _arguments reads. */
static void quoted(const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr(escape, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_value(const struct option_def *d)
{
	if (!d->arg)
		return;
	printf(":%s:", d->arg);
	if (d->values && strcmp(d->values, "file") == 0)
		printf("_files");
	else if (d->values && strcmp(d->values, "directory") == 0)
		printf("_files -/");
	else if (d->values)
		printf("(%s)", d->values);
}

static void zsh_options(const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);

	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];

		if (!d->help)
			continue;
		if (d->letter) {
			printf(" \\\n\t\t'-%c[", d->letter);
			quoted(d->help, "[]:\\");
			printf("]");
			if (!d->optional_arg)
				zsh_value(d);
			printf("'");
		}
		printf(" \\\n\t\t'--%s%s[", d->name, d->arg ? (d->optional_arg ? "=-" : "=") : "");
		quoted(d->help, "[]:\\");
		printf("]%s", d->optional_arg ? ":" : "");
		zsh_value(d);
		printf("'");
	}
}

static void zsh_arguments(const struct command *c)
{
	printf("_arguments -s");
	zsh_options(c);
	printf(" \\\n\t\t'*:file:_files'");
}

static void zsh_command(const struct command *c)
{
	printf("%s)\n\t%s", c->name ? c->name : "*", c->name ? "shift words; ((CURRENT--))\n\t" : "");
	zsh_arguments(c);
	printf(";;\n");
}

static void zsh(const struct program *p)
{
	bool bare = !p->commands->name;

	printf("#compdef %s\n", p->name);
	if (!has_names(p)) {
		zsh_arguments(p->commands);
		printf("\n");
		return;
	}
	printf("if ((CURRENT == 2)); then\n\tlocal -a commands=(");
	for (const struct command *c = p->commands; c->help; c++) {
		if (!c->name)
			continue;
		printf("\n\t\t'%s:", c->name);
		quoted(c->help, ":\\");
		printf("'");
	}
	printf(")\n\t_describe command commands\n%sfi\ncase $words[2] in\n", bare ? "" : "\treturn\n");
	for (const struct command *c = p->commands; c->help; c++)
		if (c->name)
			zsh_command(c);
	if (bare)
		zsh_command(p->commands);
	printf("esac\n");
}

static void fish_options(const struct program *p, const struct command *c)
{
	const struct option_def *defs[MAX_OPTIONS];
	size_t count = option_collect(c, defs, MAX_OPTIONS);

	for (size_t i = 0; i < count; i++) {
		const struct option_def *d = defs[i];

		if (!d->help)
			continue;
		printf("complete -c %s", p->name);
		if (has_names(p)) {
			printf(" -n '%s__fish_seen_subcommand_from", c->name ? "" : "not ");
			if (c->name)
				printf(" %s", c->name);
			else
				words_of_names(p);
			printf("'");
		}
		if (d->letter)
			printf(" -s %c", d->letter);
		printf(" -l %s", d->name);
		if (d->arg && !d->optional_arg)
			printf(d->values && strcmp(d->values, "file") == 0 ? " -r -F" : " -x");
		if (d->values && strcmp(d->values, "file") != 0 && strcmp(d->values, "directory") != 0)
			printf(" -a '%s'", d->values);
		printf(" -d '");
		quoted(d->help, "\\");
		printf("'\n");
	}
}

static void fish(const struct program *p)
{
	for (const struct command *c = p->commands; c->help; c++) {
		if (c->name) {
			printf("complete -c %s -n __fish_use_subcommand%s -a %s -d '", p->name, p->commands->name ? " -f" : "", c->name);
			quoted(c->help, "\\");
			printf("'\n");
		}
		fish_options(p, c);
	}
}

int option_complete(const struct program *p, const char *shell)
{
	struct err e;

	if (strcmp(shell, "bash") == 0)
		bash(p);
	else if (strcmp(shell, "zsh") == 0)
		zsh(p);
	else if (strcmp(shell, "fish") == 0)
		fish(p);
	else {
		err_set(&e, EX_USAGE, "--completion: not bash, zsh or fish: '%s'", err_quote(shell));
		return diag_error(&e);
	}
	return EX_OK;
}
