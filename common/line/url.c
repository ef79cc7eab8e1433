#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/line/url.h"

#include "common/banned.h"

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("<>\"", *p))
			return false;
	return true;
}

bool url_is_web(const char *text)
{
	size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;

	return scheme && text[scheme] && !strchr("/?#:", text[scheme]) && is_plain(text);
}

bool url_is_app(const char *text)
{
	static const char *const never[] = {"javascript", "data", "vbscript", "file", "blob", "about"};
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	if (len == 0 || text[len] != ':' || !text[len + 1] || strchr("0123456789+-.", *text) || !is_plain(text))
		return false;
	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (strlen(never[i]) == len && strncasecmp(never[i], text, len) == 0)
			return false;
	return true;
}
