/* A contact a line, as JSON. Members that contacts have not are kept, as on every line. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/config/book.h"
#include "common/line/line.h"

#include "common/banned.h"

static int add_line(struct book *b, const struct line *l, struct err *e)
{
	json_t *contact = line_parse(l, e);
	int result = contact ? book_add(b, contact, e) : -1;

	json_decref(contact);
	return result;
}

static int add_lines(struct book *b, const char *path, struct line_reader *r, struct err *e)
{
	for (;;) {
		struct line l = {0};
		int got = line_reader_next(r, &l, e);

		if (got < 0 || (got > 0 && add_line(b, &l, e) < 0)) {
			e->code = EX_CONFIG;
			return err_at(e, "%s:%llu: ", path, (unsigned long long)r->number);
		}
		if (got > 0)
			continue;
		if (r->eof)
			return 0;
		if (line_reader_fill(r, e) < 0)
			return err_set(e, EX_CONFIG, "cannot read '%s': %s", path, strerror(errno));
	}
}

int book_load_lines(struct book *b, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), result;
	struct line_reader r;

	if (fd < 0)
		return err_set(e, EX_CONFIG, "cannot open '%s': %s", path, strerror(errno));
	line_reader_init(&r, fd);
	result = add_lines(b, path, &r, e);
	line_reader_clear(&r);
	close(fd);
	return result;
}
