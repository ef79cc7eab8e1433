#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/private_file.h"
#include "common/xalloc.h"

#include "common/banned.h"

static int judge(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, EX_NOPERM, "cannot look at '%s': %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, EX_NOPERM, "'%s' is not a regular file", path);
	if (st.st_uid != geteuid())
		return err_set(e, EX_NOPERM, "'%s' belongs to another user", path);
	if (st.st_mode & 077)
		return err_set(e, EX_NOPERM, "'%s' is open to others (mode %04o): chmod 600 it", path, (unsigned)st.st_mode & 07777);
	return 0;
}

static int read_all(int fd, char *data, size_t max, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = read(fd, data + len, max - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		len += (size_t)got;
		if (got == 0 || len == max) {
			*ret_len = len;
			return 0;
		}
	}
}

int private_file_read(const char *path, void *data, size_t max, size_t *ret_len, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result;
	struct stat st;

	if (fd < 0)
		return err_set(e, EX_NOPERM, "cannot open '%s': %s", path, strerror(errno));
	result = judge(fd, path, e);
	if (result == 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)max)
		result = err_set(e, EX_NOPERM, "'%s' is longer than %zu bytes", path, max);
	if (result == 0 && read_all(fd, data, max, ret_len) < 0)
		result = err_set(e, EX_NOPERM, "cannot read '%s': %s", path, strerror(errno));
	close(fd);
	return result;
}

/* The directories that lead to a file. */
static void make_parents(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = copy + 1; *slash && (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
	free(copy);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return fsync(fd);
}

/* The name comes with the link, when every byte is on the disk; link(2) never replaces a file. */
int private_file_create(const char *path, const void *data, size_t len, struct err *e)
{
	char *fresh = xformat("%s.new.%ld", path, (long)getpid());
	int fd, why = 0;

	make_parents(path);
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, data, len) < 0)
		why = errno;
	if (fd >= 0 && close(fd) < 0 && !why)
		why = errno;
	if (!why && link(fresh, path) < 0)
		why = errno;
	unlink(fresh);
	free(fresh);
	return why ? err_set(e, EX_CANTCREAT, "cannot create '%s': %s", path, strerror(why)) : 0;
}
