/*
 * Runs a fuzz target over the files named, without libFuzzer: `make check` does so with the seeds. TAP on stdout; each
 * file in a process of its own, so that the one that breaks is named.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static int run(const char *path)
{
	struct buf b;
	char piece[4096];
	size_t got;
	FILE *f = fopen(path, "re");

	if (!f)
		return 1;
	buf_init(&b, 64u << 20);
	while ((got = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, got);
	fclose(f);
	LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
	buf_clear(&b);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	printf("1..%d\n", argc - 1);
	fflush(stdout);
	for (int i = 1; i < argc; i++) {
		int status = 1;
		pid_t pid = fork();

		if (pid == 0)
			_exit(run(argv[i]));
		waitpid(pid, &status, 0);
		failed += status != 0;
		printf("%s %d - %s\n", status == 0 ? "ok" : "not ok", i, argv[i]);
		fflush(stdout);
	}
	return failed > 0;
}
