/* Contacts: every file format and its mistakes, groups, what a `to` means, and the resolver on its good and bad days. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/config/contacts.h"
#include "common/config/resolver.h"

#include "common/banned.h"

static char home[] = "/tmp/msg-test-contacts-XXXXXX";
static struct config *config;
static struct contacts *contacts;

static int enter_home(void **state)
{
	(void)state;
	memcpy(home + strlen(home) - 6, "XXXXXX", 6);
	return !mkdtemp(home) || chdir(home) < 0 || setenv("HOME", home, 1) < 0;
}

static void close_all(void)
{
	contacts_free(contacts);
	config_free(config);
	contacts = NULL;
	config = NULL;
}

static int leave_home(void **state)
{
	static const char *const files[] = {"c.yaml", "a.yaml", "b.yaml", "a.csv", "b.csv", "a.jsonl", "resolver", "log", "once"};

	(void)state;
	close_all();
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlink(files[i]);
	return chdir("/") < 0 || rmdir(home) < 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int try_open(const char *configuration, struct err *e)
{
	close_all();
	put("c.yaml", configuration);
	assert_int_equal(config_load("c.yaml", &config, e), 0);
	return contacts_open(config, &contacts, e);
}

static void must_open(const char *configuration)
{
	struct err e = {0};

	if (try_open(configuration, &e) < 0)
		fail_msg("%s", e.text);
}

/* What is quoted of other modules' errors is only how they begin. */
static void assert_begins(const char *text, const char *expected)
{
	if (strncmp(text, expected, strlen(expected)) != 0)
		fail_msg("'%s' does not begin with '%s'", text, expected);
}

static void assert_refused(const char *configuration, const char *expected)
{
	struct err e = {0};

	assert_int_equal(try_open(configuration, &e), -1);
	assert_begins(e.text, expected);
	assert_int_equal(e.code, EX_CONFIG);
}

/* One file with a mistake in it. */
static void assert_file_refused(const char *path, const char *text, const char *expected)
{
	char configuration[64];

	put(path, text);
	snprintf(configuration, sizeof(configuration), "contacts: %s\n", path);
	assert_refused(configuration, expected);
}

static void assert_same(const json_t *got, const char *expected)
{
	json_error_t why;
	json_t *wanted = json_loads(expected, 0, &why);
	char *text = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!wanted)
		fail_msg("%s: %s", why.text, expected);
	if (!json_equal(got, wanted))
		fail_msg("%s\nis not %s", text, expected);
	free(text);
	json_decref(wanted);
}

static int resolve(const char *to, json_t **ret, struct err *e)
{
	json_t *value = json_loads(to, JSON_DECODE_ANY, NULL);
	int result;

	assert_non_null(value);
	result = contacts_resolve(contacts, value, ret, e);
	json_decref(value);
	return result;
}

static void assert_resolves(const char *to, const char *expected)
{
	json_t *got = NULL;
	struct err e = {0};

	if (resolve(to, &got, &e) < 0)
		fail_msg("%s: %s", to, e.text);
	assert_same(got, expected);
	json_decref(got);
}

static void assert_unresolved(const char *to, int code, const char *expected)
{
	json_t *got = NULL;
	struct err e = {0};

	assert_int_equal(resolve(to, &got, &e), -1);
	assert_begins(e.text, expected);
	assert_int_equal(e.code, code);
}

static void assert_found(const char *id, const char *expected)
{
	json_t *got = NULL;
	struct err e = {0};
	int found = contacts_find(contacts, id, &got, &e);

	if (found < 0)
		fail_msg("%s", e.text);
	assert_int_equal(found, expected ? 1 : 0);
	if (expected)
		assert_same(got, expected);
	json_decref(got);
}

static const char people[] =
    "contacts:\n"
    "  ana:\n"
    "    name: Ana\n"
    "    addresses: {sms: '+1 (555) 123-0001', email: Ana@Example.ORG}\n"
    "    tz: Europe/Madrid\n"
    "    lang: es\n"
    "    prefer: [email, sms]\n"
    "    attributes: {plan: gold, visits: 3}\n"
    "  ben:\n"
    "    addresses: {sms: +15551230002, push: ['apns:T1', 'fcm:T2']}\n"
    "    groups: [night]\n"
    "  'crm:7': {addresses: {email: seven@example.org}}\n"
    "groups:\n"
    "  oncall: [ana, '@night', sms:+15551230009]\n"
    "  all: ['@oncall', '@night', ana, 'crm:7']\n";

#define ANA \
	"{\"id\":\"ana\",\"name\":\"Ana\",\"addresses\":{\"sms\":\"+15551230001\",\"email\":\"Ana@example.org\"}," \
	"\"tz\":\"Europe/Madrid\",\"lang\":\"es\",\"prefer\":[\"email\",\"sms\"],\"attributes\":{\"plan\":\"gold\",\"visits\":3}}"
#define ANA_SMS \
	"{\"id\":\"ana\",\"name\":\"Ana\",\"addresses\":{\"sms\":\"+15551230001\"},\"address\":\"sms:+15551230001\"," \
	"\"tz\":\"Europe/Madrid\",\"lang\":\"es\",\"prefer\":[\"email\",\"sms\"],\"attributes\":{\"plan\":\"gold\",\"visits\":3}}"
#define BEN \
	"{\"id\":\"ben\",\"addresses\":{\"sms\":\"+15551230002\",\"push\":[\"apns:T1\",\"fcm:T2\"]},\"groups\":[\"night\"]}"
#define SEVEN "{\"id\":\"crm:7\",\"addresses\":{\"email\":\"seven@example.org\"}}"
#define NINE "{\"addresses\":{\"sms\":\"+15551230009\"},\"address\":\"sms:+15551230009\"}"

static void nobody_configured(void **state)
{
	(void)state;
	must_open("");
	assert_found("ana", NULL);
	assert_unresolved("\"ana\"", EX_DATAERR, "to: no contact 'ana' (the configuration names no contacts)");
	assert_unresolved("\"@oncall\"", EX_DATAERR, "to: no group '@oncall' (the configuration names no groups)");
	assert_resolves("\"sms:+15551230009\"", "[" NINE "]");
}

static void yaml_people(void **state)
{
	json_t *got = NULL;

	(void)state;
	put("a.yaml", people);
	must_open("contacts: a.yaml\n");
	assert_found("ana", ANA);
	assert_found("ben", BEN);
	assert_found("Ana", NULL);
	assert_int_equal(contacts_find_address(contacts, "mailto:ana@EXAMPLE.org", &got, NULL), 1);
	assert_same(got, ANA);
	json_decref(got);
	assert_int_equal(contacts_find_address(contacts, "apns:T1", &got, NULL), 1);
	assert_same(got, BEN);
	json_decref(got);
	assert_int_equal(contacts_find_address(contacts, "sms:+15551230009", &got, NULL), 0);
	assert_int_equal(contacts_find_address(contacts, "nonsense", &got, NULL), 0);
}

static void yaml_lists(void **state)
{
	(void)state;
	put("a.yaml", "- {id: ana, addresses: {email: ana@example.org}}\n- id: ben\n");
	put("b.yaml", "contacts:\n- {id: eve, addresses: {ntfy: eves}}\ngroups: {both: [ana, eve]}\n");
	must_open("contacts: [b.yaml, a.yaml]\n");
	assert_found("ben", "{\"id\":\"ben\"}");
	assert_resolves("\"@both\"", "[{\"id\":\"ana\",\"addresses\":{\"email\":\"ana@example.org\"}},"
	    "{\"id\":\"eve\",\"addresses\":{\"ntfy\":\"eves\"}}]");
	put("a.yaml", "");
	must_open("contacts: a.yaml\n");
	assert_found("ana", NULL);
}

static void yaml_mistakes(void **state)
{
	static const char *const cases[][2] = {
	    {"contacts:\n  ana:\n    adresses: {}\n", "a.yaml:3: contacts.ana.adresses: unknown key (did you mean 'addresses'?)"},
	    {"contacts:\n  ana:\n    addresses:\n      sms: '+1555'\n",
		"a.yaml:4: contacts.ana.addresses.sms: not a phone number"},
	    {"contacts:\n  ana:\n    addresses:\n      email: ana\n", "a.yaml:4: contacts.ana.addresses.email: not a mail address: 'ana'"},
	    {"contacts:\n  ana:\n    addresses:\n      sms: 15551230001\n", "a.yaml:4: contacts.ana.addresses.sms: not a string"},
	    {"contacts:\n  ana:\n    addresses:\n      Pager!: x\n",
		"a.yaml:4: contacts.ana.addresses.Pager!: not a channel's name: 'Pager!'"},
	    {"contacts:\n  ana:\n    addresses:\n      emial: a@b.example\n", "a.yaml:4: contacts.ana.addresses.emial: no such channel"},
	    {"contacts:\n  ana:\n    prefer: [sms, emial]\n", "a.yaml:3: contacts.ana.prefer: no such channel: 'emial'"},
	    {"contacts:\n  ana:\n    lang: Spanish!\n", "a.yaml:3: contacts.ana.lang: not a language such as es-MX: 'Spanish!'"},
	    {"contacts:\n  ana:\n    prefer: [sms, 5]\n", "a.yaml:3: contacts.ana.prefer: not a string"},
	    {"contacts:\n  ana:\n    id: eve\n", "a.yaml:3: contacts.ana.id: is not the key 'ana'"},
	    {"contacts:\n  '@ana': {}\n", "a.yaml:2: contacts.@ana: '@ana' would be a group"},
	    {"contacts:\n  ana: 5\n", "a.yaml:2: contacts.ana: must be a map such as {addresses: {email: …}}"},
	    {"contacts: 5\n", "a.yaml:1: contacts: must be a map or a list of contacts"},
	    {"- id: ana\n- id: ana\n", "a.yaml:2: [1].id: 'ana' is there already"},
	    {"- name: Ana\n", "a.yaml:1: [0]: id: missing"},
	    {"- ana\n", "a.yaml:1: [0]: must be a map"},
	    {"groups: [a]\n", "a.yaml:1: groups: must be a map of lists"},
	    {"groups:\n  a: ana\n", "a.yaml:2: groups.a: must be a list of contacts, groups and addresses"},
	    {"groups:\n  a: []\n", "a.yaml:2: groups.a: must be a list of contacts, groups and addresses"},
	    {"groups:\n  a: [x, 5]\n", "a.yaml:2: groups.a: item 2 must be text"},
	    {"groups:\n  'a b': [x]\n", "a.yaml:2: groups.a b: not a group's name: 'a b'"},
	    {"groups:\n  a: [eve]\n", "a.yaml:2: groups.a: no contact 'eve'"},
	    {"groups:\n  a: ['@b']\n", "a.yaml:2: groups.a: no group '@b'"},
	    {"groups:\n  a: ['sms:12']\n", "a.yaml:2: groups.a: not a phone number"},
	    {"groups:\n  x: [sms:+15551230001]\n  a: ['@b']\n  b: ['@x', '@a']\n",
		"a.yaml:3: groups.a: contains itself, or is nested deeper than 16"},
	    {"people: {}\n", "a.yaml:1: people: unknown key"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_file_refused("a.yaml", cases[i][0], cases[i][1]);
}

static void csv_people(void **state)
{
	(void)state;
	put("a.csv", "\xef\xbb\xbfid,name,sms,email,tz,lang,prefer,groups,city,\"plan, now\"\r\n"
	    "ana,\"Ana \"\"A\"\" Gil\",+1 555 123 0001,Ana@Example.org,Europe/Madrid,es,email sms,oncall;night,Soria,gold\r\n"
	    "\r\n"
	    "ben,Ben,,,,,,night,\"two\nlines\"\r\n"
	    "zoë,,+15551230003,,,,,,,");
	must_open("contacts: a.csv\n");
	assert_found("ana", "{\"id\":\"ana\",\"name\":\"Ana \\\"A\\\" Gil\","
	    "\"addresses\":{\"sms\":\"+15551230001\",\"email\":\"Ana@example.org\"},\"tz\":\"Europe/Madrid\",\"lang\":\"es\","
	    "\"prefer\":[\"email\",\"sms\"],\"groups\":[\"oncall\",\"night\"],"
	    "\"attributes\":{\"city\":\"Soria\",\"plan, now\":\"gold\"}}");
	assert_found("ben", "{\"id\":\"ben\",\"name\":\"Ben\",\"groups\":[\"night\"],\"attributes\":{\"city\":\"two\\nlines\"}}");
	assert_found("zoë", "{\"id\":\"zoë\",\"addresses\":{\"sms\":\"+15551230003\"}}");
	assert_resolves("\"@oncall\"", "[{\"id\":\"ana\",\"name\":\"Ana \\\"A\\\" Gil\","
	    "\"addresses\":{\"sms\":\"+15551230001\",\"email\":\"Ana@example.org\"},\"tz\":\"Europe/Madrid\",\"lang\":\"es\","
	    "\"prefer\":[\"email\",\"sms\"],\"groups\":[\"oncall\",\"night\"],"
	    "\"attributes\":{\"city\":\"Soria\",\"plan, now\":\"gold\"}}]");
}

static void csv_of_other_countries(void **state)
{
	(void)state;
	put("a.csv", "id;pager;sms\nana;77;+15551230001\n");
	must_open("contacts: a.csv\nchannels: {pager: {via: exec}}\n");
	assert_found("ana", "{\"id\":\"ana\",\"addresses\":{\"pager\":\"77\",\"sms\":\"+15551230001\"}}");
	must_open("contacts: a.csv\naccounts: {pager: {provider: exec, command: ./page}}\n");
	assert_found("ana", "{\"id\":\"ana\",\"addresses\":{\"pager\":\"77\",\"sms\":\"+15551230001\"}}");
	must_open("contacts: a.csv\n");
	assert_found("ana", "{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"},\"attributes\":{\"pager\":\"77\"}}");
	put("a.csv", "name\tid\nAna, of course\tana");
	must_open("contacts: a.csv\n");
	assert_found("ana", "{\"id\":\"ana\",\"name\":\"Ana, of course\"}");
}

static void csv_mistakes(void **state)
{
	static const char *const cases[][2] = {
	    {"", "a.csv:1: no header row with the names of the columns"},
	    {"name,sms\n", "a.csv:1: no column 'id'"},
	    {"id,name,phone\n", "a.csv:1: no column is called like a channel, such as sms or email; 'phone' is none"},
	    {"id,,sms\n", "a.csv:1: column 2 has no name"},
	    {"id,sms,sms\n", "a.csv:1: column 'sms' is there twice"},
	    {"id,sms\nana,+15551230001\nben,12\n", "a.csv:3: sms: not a phone number"},
	    {"id,email\n\nana,\"a\nb\"\n", "a.csv:3: email: has a control byte: 'a\\x0ab'"},
	    {"id,prefer\nana,sms emial\n", "a.csv:2: prefer: no such channel: 'emial'"},
	    {"id,lang\nana,es_MX\n", "a.csv:2: lang: not a language such as es-MX: 'es_MX'"},
	    {"id,name\n,Ana\n", "a.csv:2: id: missing"},
	    {"id,name\nana,A\nana,B\n", "a.csv:3: id: 'ana' is there already"},
	    {"id,name\nana,A,B\n", "a.csv:2: more fields than the header has (2)"},
	    {"id,name\nana,\"A\n\nben,B\n", "a.csv:2: the quote of line 2 is never closed"},
	    {"id,name\nana,\"A\"B\n", "a.csv:2: text behind a closing quote"},
	    {"id,name\nana,\xff\n", "a.csv:2: name: not UTF-8 text"},
	    {"id,groups\nana,a@b\n", "a.csv:2: groups: not a group's name: 'a@b'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_file_refused("a.csv", cases[i][0], cases[i][1]);
	assert_refused("\ncontacts: b.csv\n", "c.yaml:2: contacts: cannot open 'b.csv': No such file or directory");
}

static void json_lines(void **state)
{
	(void)state;
	put("a.jsonl", "{\"id\":\"ana\",\"addresses\":{\"sms\":\"+1 555 123 0001\"},\"groups\":[\"@oncall\"],\"crm\":{\"row\":5}}\n\n"
	    "{\"id\":\"ben\",\"addresses\":{\"voice\":\"tel:+15551230002\"}}");
	must_open("contacts: a.jsonl\n");
	assert_found("ana", "{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"},\"groups\":[\"@oncall\"],\"crm\":{\"row\":5}}");
	assert_found("ben", "{\"id\":\"ben\",\"addresses\":{\"voice\":\"+15551230002\"}}");
	assert_resolves("\"tel:+15551230002\"",
	    "[{\"id\":\"ben\",\"addresses\":{\"voice\":\"+15551230002\"},\"address\":\"tel:+15551230002\"}]");
	assert_resolves("\"@oncall\"",
	    "[{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"},\"groups\":[\"@oncall\"],\"crm\":{\"row\":5}}]");
	assert_file_refused("a.jsonl", "{\"id\":\"ana\"}\n{\"id\":\"ben\",\"addresses\":{\"sms\":\"x\"}}\n",
	    "a.jsonl:2: addresses.sms: not a phone number");
	assert_file_refused("a.jsonl", "[]\n", "a.jsonl:1: not a JSON object");
	assert_file_refused("a.jsonl", "{\"id\":\"ana\",\"address\":\"sms:+15551230001\"}\n",
	    "a.jsonl:1: address: belongs below 'addresses', under its channel");
}

static void sources(void **state)
{
	(void)state;
	assert_refused("state: x\ncontacts: people.txt\n",
	    "c.yaml:2: contacts: not a .yaml, .csv or .jsonl file or cmd:COMMAND: 'people.txt'");
	assert_refused("contacts: 'cmd:'\n", "c.yaml:1: contacts: no command behind cmd:");
	assert_refused("contacts: ['cmd:true', 'cmd:false']\n", "c.yaml:1: contacts: only one cmd: can be asked");
	put("a.jsonl", "{\"id\":\"ana\"}\n");
	put("a.csv", "id\nana\n");
	assert_refused("contacts: [a.jsonl, a.csv]\n", "a.csv:2: id: 'ana' is there already");
}

static void what_to_means(void **state)
{
	(void)state;
	put("a.yaml", people);
	must_open("contacts: a.yaml\n");
	assert_resolves("\"ana\"", "[" ANA "]");
	assert_resolves("\"sms:+1-555-123-0001\"", "[" ANA_SMS "]");
	assert_resolves("\"+15551230001\"", "[" ANA_SMS "]");
	assert_resolves("\"sms:+15551230009\"", "[" NINE "]");
	assert_resolves("\"crm:7\"", "[" SEVEN "]");
	assert_resolves("\"fcm:T2\"", "[{\"id\":\"ben\",\"addresses\":{\"push\":\"fcm:T2\"},\"address\":\"fcm:T2\",\"groups\":[\"night\"]}]");
	assert_resolves("{\"addresses\":{\"sms\":\"+15551230009\"}}", "[{\"addresses\":{\"sms\":\"+15551230009\"}}]");
	assert_resolves("{\"id\":\"x\",\"addresses\":{\"sms\":\"+1 555 1230009\",\"push\":[\"T\",\"apns:U\"]},\"more\":1}",
	    "[{\"id\":\"x\",\"addresses\":{\"sms\":\"+15551230009\",\"push\":[\"fcm:T\",\"apns:U\"]},\"more\":1}]");
}

static void several(void **state)
{
	(void)state;
	put("a.yaml", people);
	must_open("contacts: a.yaml\n");
	assert_resolves("\"@oncall\"", "[" ANA "," BEN "," NINE "]");
	assert_resolves("\"@all\"", "[" ANA "," BEN "," NINE "," SEVEN "]");
	assert_resolves("[\"ben\",\"@oncall\",\"ana\",\"sms:+1 555 123 0009\"]", "[" BEN "," ANA "," NINE "]");
	assert_resolves("[\"+15551230001\",\"mailto:ana@example.org\",\"sms:+15551230001\"]",
	    "[" ANA_SMS ",{\"id\":\"ana\",\"name\":\"Ana\",\"addresses\":{\"email\":\"ana@example.org\"},"
	    "\"address\":\"mailto:ana@example.org\",\"tz\":\"Europe/Madrid\",\"lang\":\"es\",\"prefer\":[\"email\",\"sms\"],"
	    "\"attributes\":{\"plan\":\"gold\",\"visits\":3}}]");
	/* Who is there whole gets nothing twice, whichever came first. */
	assert_resolves("[\"sms:+15551230001\",\"ana\"]", "[" ANA "]");
	assert_resolves("[\"ana\",\"sms:+15551230001\"]", "[" ANA "]");
	assert_resolves("[\"sms:+15551230009\",{\"addresses\":{\"sms\":\"+15551230009\"}}]", "[" NINE "]");
}

static void bad_to(void **state)
{
	(void)state;
	put("a.yaml", people);
	must_open("contacts: a.yaml\n");
	assert_unresolved("\"bob\"", EX_DATAERR, "to: no contact 'bob'");
	assert_unresolved("[\"ana\",\"bob\"]", EX_DATAERR, "to[1]: no contact 'bob'");
	assert_unresolved("[\"@nobody\"]", EX_DATAERR, "to[0]: no group '@nobody'");
	assert_unresolved("\"@\"", EX_DATAERR, "to: no group '@'");
	assert_unresolved("\"\"", EX_DATAERR, "to: no contact ''");
	assert_unresolved("\"sms:12\"", EX_DATAERR, "to: not a phone number");
	assert_unresolved("[]", EX_DATAERR, "to: empty");
	assert_unresolved("[5]", EX_DATAERR, "to[0]: not a contact, an address or a group");
	assert_unresolved("null", EX_DATAERR, "to: not a contact, an address or a group");
	assert_unresolved("[[\"ana\"]]", EX_DATAERR, "to[0]: not a contact, an address or a group");
	assert_unresolved("{\"id\":\"x\"}", EX_DATAERR, "to: a contact without addresses");
	assert_unresolved("{\"addresses\":{\"sms\":\"x\"}}", EX_DATAERR, "to: addresses.sms: not a phone number");
	assert_unresolved("{\"addresses\":{\"sms\":5}}", EX_DATAERR, "to: addresses.sms: not a string");
	assert_unresolved("{\"address\":\"x\",\"addresses\":{\"ntfy\":\"t\"}}", EX_DATAERR,
	    "to: address: not an address such as sms:+15551230001: 'x'");
}

/* A CRM in shell: knows ana by id and by number, logs what it is asked, and counts its starts. */
static const char crm[] =
    "echo start >>log\n"
    "while read -r q; do\n"
    "  echo \"$q\" >>log\n"
    "  case $q in\n"
    "  ana|sms:+15551230001) echo '{\"id\":\"ana\",\"addresses\":{\"sms\":\"+1 555 123 0001\"},\"address\":\"x\"}' ;;\n"
    "  wrong) echo '{\"id\":\"other\"}' ;;\n"
    "  anonymous) echo '{\"name\":\"X\"}' ;;\n"
    "  sms:+15551230002) echo '{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"}}' ;;\n"
    "  garbage) echo oops ;;\n"
    "  invalid) echo '{\"id\":\"invalid\",\"addresses\":{\"sms\":\"1\"}}' ;;\n"
    "  chatty) echo '{\"id\":\"chatty\"}\n{}' ;;\n"
    "  dies) exit 3 ;;\n"
    "  once) if [ -e once ]; then echo '{\"id\":\"once\"}'; else touch once; exit 1; fi ;;\n"
    "  *) echo '{}' ;;\n"
    "  esac\n"
    "done\n"
    "echo end >>log\n";

static void assert_log(const char *expected)
{
	char got[512];
	FILE *f = fopen("log", "r");
	size_t len;

	assert_non_null(f);
	len = fread(got, 1, sizeof(got) - 1, f);
	fclose(f);
	got[len] = '\0';
	assert_string_equal(got, expected);
}

#define ANA_OF_CRM "{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"}}"

static void resolver(void **state)
{
	json_t *got;

	(void)state;
	put("resolver", crm);
	put("a.yaml", "contacts: {eve: {addresses: {ntfy: eves}}}\ngroups: {g: [eve, ana]}\n");
	must_open("contacts: [a.yaml, 'cmd:. ./resolver']\n");
	assert_int_equal(access("log", F_OK), -1);
	assert_found("ana", ANA_OF_CRM);
	assert_found("nobody", NULL);
	assert_found("two\nlines", NULL);
	assert_resolves("\"@g\"", "[{\"id\":\"eve\",\"addresses\":{\"ntfy\":\"eves\"}}," ANA_OF_CRM "]");
	assert_resolves("\"sms:+1 555 123 0001\"",
	    "[{\"id\":\"ana\",\"addresses\":{\"sms\":\"+15551230001\"},\"address\":\"sms:+15551230001\"}]");
	assert_resolves("\"sms:+15551230009\"", "[" NINE "]");
	assert_unresolved("\"nobody\"", EX_DATAERR, "to: no contact 'nobody'");
	assert_int_equal(contacts_find_address(contacts, "sms:+15551230001", &got, NULL), 1);
	assert_same(got, ANA_OF_CRM);
	json_decref(got);
	close_all();
	assert_log("start\nana\nnobody\nana\nsms:+15551230001\nsms:+15551230009\nnobody\nsms:+15551230001\nend\n");
}

static void resolver_answers_badly(void **state)
{
	(void)state;
	put("resolver", crm);
	must_open("contacts: 'cmd:. ./resolver'\n");
	assert_unresolved("\"wrong\"", EX_UNAVAILABLE, "to: contacts: '. ./resolver' answers a contact without the id that was asked for");
	assert_unresolved("\"anonymous\"", EX_UNAVAILABLE,
	    "to: contacts: '. ./resolver' answers a contact without the id that was asked for");
	assert_unresolved("\"sms:+15551230002\"", EX_UNAVAILABLE,
	    "to: contacts: '. ./resolver' answers a contact without the address that was asked for");
	assert_unresolved("\"garbage\"", EX_UNAVAILABLE,
	    "to: contacts: '. ./resolver' answers: not JSON: ");
	assert_unresolved("\"invalid\"", EX_UNAVAILABLE,
	    "to: contacts: '. ./resolver' answers: addresses.sms: not a phone number");
	assert_unresolved("\"chatty\"", EX_UNAVAILABLE, "to: contacts: '. ./resolver' answers more than one line");
	assert_found("ana", ANA_OF_CRM);
}

static void resolver_dies(void **state)
{
	(void)state;
	put("resolver", crm);
	must_open("contacts: 'cmd:. ./resolver'\n");
	assert_found("ana", ANA_OF_CRM);
	assert_found("once", "{\"id\":\"once\"}");
	assert_unresolved("\"dies\"", EX_UNAVAILABLE, "to: contacts: '. ./resolver' ended with status 3 before it answered");
	assert_unresolved("\"ana\"", EX_UNAVAILABLE, "to: contacts: '. ./resolver' ended with status 3 before it answered");
	assert_log("start\nana\nonce\nstart\nonce\ndies\nstart\ndies\n");
	must_open("contacts: 'cmd:/nonexistent/crm 2>log'\n");
	assert_unresolved("\"ana\"", EX_UNAVAILABLE,
	    "to: contacts: '/nonexistent/crm 2>log' ended with status 127 before it answered");
}

static void resolver_hangs(void **state)
{
	struct resolver *r = resolver_new("read q; echo $$ >log; exec sleep 600", 200);
	json_t *got = NULL;
	struct err e = {0};
	long pid = 0;
	FILE *f;

	(void)state;
	assert_int_equal(resolver_ask_id(r, "ana", &got, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_begins(e.text, "contacts: no answer from 'read q; echo $$ >log; exec sleep 600' within 200ms");
	f = fopen("log", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	assert_int_equal(kill((pid_t)pid, 0), -1);
	resolver_free(r);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, enter_home, leave_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOME(nobody_configured),
	    IN_HOME(yaml_people),
	    IN_HOME(yaml_lists),
	    IN_HOME(yaml_mistakes),
	    IN_HOME(csv_people),
	    IN_HOME(csv_of_other_countries),
	    IN_HOME(csv_mistakes),
	    IN_HOME(json_lines),
	    IN_HOME(sources),
	    IN_HOME(what_to_means),
	    IN_HOME(several),
	    IN_HOME(bad_to),
	    IN_HOME(resolver),
	    IN_HOME(resolver_answers_badly),
	    IN_HOME(resolver_dies),
	    IN_HOME(resolver_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
