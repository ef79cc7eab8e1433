#include <stdlib.h>
#include <string.h>

#include "common/line/fold.h"
#include "common/optin/settings.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define REPLY_BYTES (64u << 10)

struct optin {
	struct keywords *words;
	const json_t *own;      /* the configuration's map, or NULL */
};

#define BY "{{#brand}}{{{brand}}}: {{/brand}}"

/* One SMS each, in the GSM alphabet: this is why some words were chosen. */
static const struct {
	const char *language;
	const char *text[OPTIN_REPLIES];
} built_in[] = {
    {"en", {BY "You are unsubscribed and will get no more messages. Reply START to subscribe again.",
	    BY "You are subscribed. Reply HELP for help, STOP to unsubscribe.",
	    BY "Reply STOP to unsubscribe, START to subscribe.",
	    BY "Reply YES to get messages{{#topic}} ({{{topic}}}){{/topic}}, STOP to get none."}},
    {"es", {BY "Baja confirmada: ya no le enviaremos mensajes. Responda ALTA para volver a recibirlos.",
	    BY "Alta confirmada. Responda AYUDA para obtener ayuda, BAJA para dejar de recibir mensajes.",
	    BY "Responda BAJA para dejar de recibir mensajes, ALTA para recibirlos.",
	    BY "Responda ALTA para recibir mensajes{{#topic}} ({{{topic}}}){{/topic}}, BAJA para no recibirlos."}},
    {"fr", {BY "Désinscription confirmée: vous ne recevrez plus de messages. Répondez DEBUT pour vous réinscrire.",
	    BY "Inscription confirmée. Répondez AIDE pour obtenir de l'aide, STOP pour vous désinscrire.",
	    BY "Répondez STOP pour vous désinscrire, DEBUT pour vous inscrire.",
	    BY "Répondez OUI pour recevoir des messages{{#topic}} ({{{topic}}}){{/topic}}, STOP pour ne pas en recevoir."}},
    {"de", {BY "Sie sind abgemeldet und erhalten keine Nachrichten mehr. Antworten Sie START, um sich wieder anzumelden.",
	    BY "Sie sind angemeldet. Antworten Sie HILFE für Hilfe, STOP zum Abmelden.",
	    BY "Antworten Sie STOP zum Abmelden, START zum Anmelden.",
	    BY "Antworten Sie JA, um Nachrichten{{#topic}} ({{{topic}}}){{/topic}} zu erhalten, STOP, um keine zu erhalten."}},
    {"pt", {BY "Cancelamento confirmado: deixaremos de enviar mensagens. Responda INICIAR para voltar a receber.",
	    BY "Cadastro confirmado. Responda AJUDA para obter ajuda, SAIR para cancelar.",
	    BY "Responda SAIR para cancelar, INICIAR para receber mensagens.",
	    BY "Responda SIM para receber mensagens{{#topic}} ({{{topic}}}){{/topic}}, SAIR para recusar."}},
    {"it", {BY "Disiscrizione confermata: non riceverà altri messaggi. Risponda INIZIA per iscriversi di nuovo.",
	    BY "Iscrizione confermata. Risponda AIUTO per ricevere aiuto, STOP per disiscriversi.",
	    BY "Risponda STOP per disiscriversi, INIZIA per iscriversi.",
	    BY "Risponda INIZIA per ricevere messaggi{{#topic}} ({{{topic}}}){{/topic}}, STOP per non riceverne."}},
    {"nl", {BY "U bent afgemeld en ontvangt geen berichten meer. Antwoord AANMELDEN om u weer aan te melden.",
	    BY "U bent aangemeld. Antwoord HULP voor hulp, STOP om u af te melden.",
	    BY "Antwoord STOP om u af te melden, AANMELDEN om u aan te melden.",
	    BY "Antwoord AANMELDEN om berichten{{#topic}} ({{{topic}}}){{/topic}} te ontvangen, STOP om er geen te ontvangen."}},
};

static const char *const reply_keys[OPTIN_REPLIES] = {"stop", "start", "help", "ask"};

static int check_text(const struct config *c, const json_t *object, const char *key, struct err *e)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct err why;

	if (!text || !*text)
		return config_fail_member(c, object, key, e, "must be text");
	if (template_check(text, &why) < 0)
		return config_fail_member(c, object, key, e, "%s", why.text);
	return 0;
}

/* One text, or a map from languages to texts. */
static int check_reply(const struct config *c, const char *key, struct err *e)
{
	const json_t *value = json_object_get(c->optin, key);
	const char *language;
	const json_t *text;

	if (!value)
		return 0;
	if (!json_is_object(value))
		return check_text(c, c->optin, key, e);
	json_object_foreach((json_t *)value, language, text)
		if (check_text(c, value, language, e) < 0)
			return -1;
	return 0;
}

static int add_words(const struct config *c, const json_t *words, enum keyword_meaning meaning, struct keywords *k, struct err *e)
{
	const char *key = reply_keys[meaning];
	const json_t *list = json_object_get(words, key), *word;
	size_t i;

	if (list && !json_is_array(list))
		return config_fail_member(c, words, key, e, "must be a list of words such as [N]");
	json_array_foreach(list, i, word) {
		struct buf form;
		bool blank;

		buf_init(&form, REPLY_BYTES);
		if (json_is_string(word))
			fold_text(json_string_value(word), &form);
		blank = form.len == 0;
		buf_clear(&form);
		if (blank)
			return config_fail_member(c, words, key, e, "item %zu must be a word", i + 1);
		keywords_add(k, meaning, json_string_value(word));
	}
	return 0;
}

static int check(const struct config *c, struct keywords *k, struct err *e)
{
	static const char *const known[] = {"brand", "words", "stop", "start", "help", "ask", NULL};
	static const char *const known_words[] = {"stop", "start", "help", NULL};
	const json_t *words = json_object_get(c->optin, "words"), *brand = json_object_get(c->optin, "brand");

	if (yaml_only(c->yaml, c->optin, known, e) < 0)
		return -1;
	if (brand && !json_is_string(brand))
		return config_fail_member(c, c->optin, "brand", e, "must be text");
	for (size_t i = 0; i < OPTIN_REPLIES; i++)
		if (check_reply(c, reply_keys[i], e) < 0)
			return -1;
	if (!words)
		return 0;
	if (!json_is_object(words))
		return config_fail_member(c, c->optin, "words", e, "must be a map such as {stop: [N]}");
	if (yaml_only(c->yaml, words, known_words, e) < 0)
		return -1;
	for (int m = KEYWORD_STOP; m <= KEYWORD_HELP; m++)
		if (add_words(c, words, (enum keyword_meaning)m, k, e) < 0)
			return -1;
	return 0;
}

int optin_load(const struct config *c, struct optin **ret_optin, struct err *e)
{
	struct optin *o = xcalloc(1, sizeof(*o));

	o->own = c->optin;
	o->words = keywords_new();
	if (c->optin && check(c, o->words, e) < 0) {
		optin_free(o);
		return -1;
	}
	*ret_optin = o;
	return 0;
}

void optin_free(struct optin *o)
{
	if (!o)
		return;
	keywords_free(o->words);
	free(o);
}

const struct keywords *optin_keywords(const struct optin *o)
{
	return o->words;
}

/* The text set or built in for exactly this language, which may be NULL. */
static const char *text_in(const struct optin *o, enum optin_reply reply, const char *language)
{
	const json_t *own = json_object_get(o->own, reply_keys[reply]);
	const char *text = json_string_value(json_is_object(own) && language ? json_object_get(own, language) : own);

	for (size_t i = 0; !text && language && i < COUNT_OF(built_in); i++)
		if (strcmp(built_in[i].language, language) == 0)
			text = built_in[i].text[reply];
	return text;
}

/* "es-MX", then "es". */
static const char *text_for(const struct optin *o, enum optin_reply reply, const char *language, const char **ret_language)
{
	static char base[16];
	const char *text = text_in(o, reply, language);
	size_t len = strcspn(language, "-");

	*ret_language = language;
	if (text || !language[len] || len >= sizeof(base))
		return text;
	memcpy(base, language, len);
	base[len] = '\0';
	*ret_language = base;
	return text_in(o, reply, base);
}

static int render(const struct optin *o, const char *text, const char *topic, char **ret_text, struct err *e)
{
	const char *brand = json_string_value(json_object_get(o->own, "brand"));
	json_t *data = json_pack("{s:s*, s:s*}", "brand", brand, "topic", topic);
	struct buf b;
	int result;

	buf_init(&b, REPLY_BYTES);
	result = template_render(&b, text, data, NULL, e);
	json_decref(data);
	if (result == 0)
		*ret_text = buf_steal(&b);
	buf_clear(&b);
	return result;
}

int optin_text(const struct optin *o, enum optin_reply reply, const char *const *languages, size_t count, const char *topic,
    char **ret_text, const char **ret_language, struct err *e)
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < count; i++)
		if (languages[i] && *languages[i])
			text = text_for(o, reply, languages[i], ret_language);
	if (!text)
		text = text_for(o, reply, "en", ret_language);
	return render(o, text, topic, ret_text, e);
}
