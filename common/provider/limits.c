#include <string.h>

#include "common/compat.h"
#include "common/provider/provider.h"

#include "common/banned.h"

#define SHOWN \
	(PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_BUTTONS | PROVIDER_LINKS | PROVIDER_TAP | PROVIDER_MEDIA_URL | \
	    PROVIDER_MEDIA_FILE)

/* What no provider can do on a channel, however it carries everything else. */
static const struct {
	const char *channel;
	unsigned lacks, has;
} natures[] = {
    {"sms", PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_BUTTONS | PROVIDER_LINKS | PROVIDER_TAP, 0},
    {"voice", SHOWN, PROVIDER_SPOKEN},
};

struct limits provider_limits(const struct provider *p, const char *channel)
{
	static const struct limits none = {.channel = NULL};
	const struct limits *own = p->limits ? p->limits : &none;
	struct limits l;

	while (own->channel && strcmp(own->channel, channel) != 0)
		own++;
	l = *own;
	l.caps |= p->caps;
	for (size_t i = 0; i < COUNT_OF(natures); i++)
		if (strcmp(natures[i].channel, channel) == 0)
			l.caps = (l.caps & ~natures[i].lacks) | natures[i].has;
	return l;
}
