/*
 * The words of a message: its own, or those of the template it names, in the language of the message or else the contact
 * (common/template/files.h). NAME.LANG.txt is the text, NAME.LANG.html the HTML, NAME.LANG.json an object of members of
 * the message: all those of one language go together, so that nobody gets half of a message in another.
 *
 * A template can name what is in the message's template.data, and `contact`, `context` and `link`.
 */
#ifndef MSG_RENDER_H
#define MSG_RENDER_H

#include "common/config/config.h"
#include "common/provider/provider.h"

struct rendered {
	bool done;
	char *text, *html;      /* NULL: there is none; a message without a template has a text, "" at the least */
	char *files;            /* the templates' names, for people: "offer.es.txt, offer.es.html"; or NULL */
	json_t *message;        /* the line with what the template adds to it; NULL: as it is */
};

/* EX_DATAERR, or EX_CONFIG when a template cannot be read. */
int render_message(const struct config *c, const json_t *message, const json_t *recipient, struct rendered *ret_rendered,
    struct err *e);
void rendered_clear(struct rendered *r);

/*
 * What the provider calls the message's template, from NAME.LANG.yaml: the entry of the account, else of its provider, its
 * texts filled in. 1: *ret_template is a new reference. 0: it has none on this channel. -1: as above.
 */
int render_provider(const struct config *c, const json_t *message, const json_t *recipient, const struct account *account,
    const char *channel, json_t **ret_template, struct err *e);

/* What a template of this message can name; a new reference. For the two above. */
json_t *render_data(const json_t *message, const json_t *recipient);

/* Which template that is. EX_CONFIG: there is no directory for them. EX_DATAERR: not a name. */
struct template_name;
int render_name(const struct config *c, const json_t *message, const json_t *recipient, struct template_name *ret_name, struct err *e);

#endif
