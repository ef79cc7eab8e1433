#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

#include "common/banned.h"

static int read_all(int fd, struct buf *b, const char **ret_why)
{
	char piece[65536];
	ssize_t got = 0;

	while (!buf_over(b) && ((got = read(fd, piece, sizeof(piece))) > 0 || (got < 0 && errno == EINTR)))
		if (got > 0)
			buf_add(b, piece, (size_t)got);
	if (got >= 0)
		return 1;
	*ret_why = strerror(errno);
	return -1;
}

int file_read(const char *path, struct buf *b, const char **ret_why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), result = -1;
	struct stat s;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0) {
		*ret_why = strerror(errno);
		return -1;
	}
	if (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode))
		*ret_why = "not a regular file";
	else
		result = read_all(fd, b, ret_why);
	close(fd);
	return result;
}
