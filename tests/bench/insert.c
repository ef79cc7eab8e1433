/*
 * insert [-g ROWS] DATABASE
 *
 * What SQLite can do on this machine: puts the lines of stdin into a table of one column, ROWS of them in a commit (1024),
 * as durably as the store does (WAL, synchronous=FULL). No parsing, no index, no answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/banned.h"

static const char opening[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000;"
			      "CREATE TABLE line (seq INTEGER PRIMARY KEY, line TEXT NOT NULL)";

static int insert_lines(sqlite3 *db, sqlite3_stmt *q, unsigned long group)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	unsigned long rows = 0;

	while ((len = getline(&line, &room, stdin)) > 0) {
		if (rows % group == 0 && sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			break;
		sqlite3_bind_text(q, 1, line, (int)(line[len - 1] == '\n' ? len - 1 : len), SQLITE_STATIC);
		if (sqlite3_step(q) != SQLITE_DONE || sqlite3_reset(q) != SQLITE_OK)
			break;
		if (++rows % group == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			break;
	}
	free(line);
	if (rows % group)
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return feof(stdin) && sqlite3_errcode(db) == SQLITE_OK ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned long group = 1024;
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	int c, result = -1;

	while ((c = getopt(argc, argv, "g:")) != -1) {
		if (c != 'g')
			return 64;
		group = strtoul(optarg, NULL, 10);
	}
	if (optind + 1 != argc || group == 0)
		return 64;
	if (sqlite3_open(argv[optind], &db) == SQLITE_OK && sqlite3_exec(db, opening, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "INSERT INTO line (line) VALUES (?)", -1, &q, NULL) == SQLITE_OK)
		result = insert_lines(db, q, group);
	if (result < 0)
		fprintf(stderr, "insert: %s\n", sqlite3_errmsg(db));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return result < 0 ? 2 : 0;
}
