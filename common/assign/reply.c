#include <stdlib.h>
#include <string.h>

#include "common/assign/reply.h"
#include "common/buf.h"
#include "common/config/contact.h"
#include "common/line/fold.h"
#include "common/line/lang.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define BLANKS " \t\r\n"

static const struct {
	const char *word;       /* as fold_text has it */
	enum reply_verb verb;
} verbs[] = {
    {"ACCEPT", REPLY_ACCEPT}, {"DECLINE", REPLY_DECLINE}, {"COMPLETE", REPLY_COMPLETE}, {"DONE", REPLY_COMPLETE}};

static enum reply_verb verb_of(const char *word, size_t len, const char **ret_status)
{
	char *text = xstrndup(word, len), upper[16];
	enum reply_verb verb = REPLY_NONE;
	struct buf form;

	buf_init(&form, 256);
	fold_text(text, &form);
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (strcmp(form.data, verbs[i].word) == 0)
			verb = verbs[i].verb;
	for (int status = AGENT_AVAILABLE; status <= AGENT_OFFLINE; status++) {
		const char *name = agent_status_name((enum agent_status)status);
		size_t n = 0;

		for (; name[n]; n++)
			upper[n] = (char)(name[n] - 'a' + 'A');
		upper[n] = '\0';
		if (strcmp(form.data, upper) == 0) {
			verb = REPLY_STATUS;
			*ret_status = name;
		}
	}
	buf_clear(&form);
	free(text);
	return verb;
}

static bool read_duration(const char *text, size_t len, int64_t *ret_ms)
{
	char *copy = xstrndup(text, len);
	bool result = when_parse_duration(copy, ret_ms) == 0 && *ret_ms > 0;

	free(copy);
	return result;
}

void reply_parse(const char *text, struct reply *ret_reply)
{
	const char *behind, *status = NULL;
	struct reply r = {.what = ""};
	size_t len;

	*ret_reply = r;
	text += strspn(text, BLANKS);
	len = strcspn(text, BLANKS);
	r.verb = len < 32 ? verb_of(text, len, &status) : REPLY_NONE;
	behind = text + len + strspn(text + len, BLANKS);
	len = strcspn(behind, BLANKS);
	/* "accept my apologies" is no answer to an offer, nor is "away until noon" one to this. */
	if (behind[len + strspn(behind + len, BLANKS)] || (status && *behind && !read_duration(behind, len, &r.for_ms)))
		return;
	r.what = status ? status : behind;
	*ret_reply = r;
}

struct adding {
	json_t *addresses;
	const char *agent;
};

static int add_address(void *ctx, const struct address *a)
{
	const struct adding *adding = ctx;
	char subject[ADDRESS_BYTES];

	address_subject(a, subject);
	if (!json_object_get(adding->addresses, subject))
		json_object_set_new(adding->addresses, subject, json_string(adding->agent));
	return 0;
}

void reply_add_addresses(json_t *addresses, const struct worker *w, const json_t *contact)
{
	struct adding adding = {addresses, w->row.id};
	const char *to = json_string_value(w->to);
	json_t *canonical = NULL;
	struct address a;

	if (contact)
		contact_each_address(contact, add_address, &adding);
	else if (to && address_parse(to, &a, NULL) == 0)
		add_address(&adding, &a);
	else if (json_is_object(w->to) && contact_canonical(w->to, &canonical, NULL) == 0)
		contact_each_address(canonical, add_address, &adding);
	json_decref(canonical);
}

const char *reply_agent(const json_t *addresses, const char *from)
{
	char subject[ADDRESS_BYTES];
	struct address a;

	if (address_parse(from, &a, NULL) < 0)
		return NULL;
	address_subject(&a, subject);
	return json_string_value(json_object_get(addresses, subject));
}

/* By enum reply_outcome. */
static const struct {
	const char *lang, *texts[REPLY_CANCELED + 1];
} built_in[] = {
    {"en", {"It is yours", "Somebody else gets it", "Done", "It is not yours any longer", "You have no such task", "Status",
	"You did not answer and count as away. Reply available when you are back", "It is no longer needed"}},
    {"es", {"Es suya", "Pasa a otra persona", "Terminada", "Ya no es suya", "No tiene esa tarea", "Estado",
	"No respondió y figura como ausente. Responda available cuando vuelva", "Ya no hace falta"}},
    {"fr", {"Elle est à vous", "Elle passe à quelqu'un d'autre", "Terminée", "Elle n'est plus à vous", "Vous n'avez pas cette tâche",
	"Statut", "Sans réponse, vous comptez comme absent. Répondez available à votre retour", "Elle n'est plus nécessaire"}},
    {"de", {"Sie gehört Ihnen", "Jemand anderes bekommt sie", "Erledigt", "Sie gehört Ihnen nicht mehr", "Diese Aufgabe haben Sie nicht",
	"Status", "Sie haben nicht geantwortet und gelten als abwesend. Antworten Sie available, wenn Sie zurück sind",
	"Sie ist nicht mehr nötig"}},
    {"pt", {"É sua", "Passa a outra pessoa", "Concluída", "Já não é sua", "Não tem essa tarefa", "Estado",
	"Não respondeu e consta como ausente. Responda available quando voltar", "Já não é necessária"}},
    {"it", {"È sua", "Passa a qualcun altro", "Conclusa", "Non è più sua", "Non ha questa attività", "Stato",
	"Non ha risposto e risulta assente. Risponda available al ritorno", "Non serve più"}},
    {"nl", {"Hij is van u", "Iemand anders krijgt hem", "Klaar", "Hij is niet meer van u", "U hebt die taak niet", "Status",
	"U hebt niet geantwoord en geldt als afwezig. Antwoord available als u terug bent", "Hij is niet meer nodig"}},
};

static char *reply_text(const char *lang, enum reply_outcome outcome, const char *what, const char *more)
{
	const char *text = built_in[0].texts[outcome];

	for (size_t i = 0; lang && i < COUNT_OF(built_in); i++)
		if (lang_is_same(built_in[i].lang, lang))
			text = built_in[i].texts[outcome];
	if (outcome == REPLY_NOTED)
		return xformat("%s: %s%s%s%s", text, what, more ? " (" : "", more ? more : "", more ? ")" : "");
	return xformat("%s%s%s%s%s%s", what, *what ? ": " : "", text, more ? " (" : "", more ? more : "", more ? ")" : "");
}

json_t *reply_message(json_t *to, const char *from, const char *lang, enum reply_outcome outcome, const char *what, const char *more)
{
	char id[ID_SIZE], *text = reply_text(lang, outcome, what, more);
	json_t *message;

	id_new(id);
	message = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "type", "message", "id", id, "to", to, "text", text, "purpose", "service",
	    "topic", "tasks");
	if (from)
		json_object_set_new(message, "from", json_string(from));
	if (lang)
		json_object_set_new(message, "lang", json_string(lang));
	free(text);
	return message;
}
