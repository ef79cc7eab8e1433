#include <string.h>

#include "common/compat.h"
#include "common/provider/network.h"

#include "common/banned.h"

static int check_proxy(const char *proxy, struct err *e)
{
	static const char *const schemes[] = {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"};

	if (strchr(proxy, '@'))
		return err_set(e, EX_CONFIG, "proxy: user and password do not belong into a URL: there are settings for them");
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (strncmp(proxy, schemes[i], strlen(schemes[i])) == 0 && proxy[strlen(schemes[i])] && !strpbrk(proxy, " \t\r\n"))
			return 0;
	if (strcmp(proxy, "none") == 0)
		return 0;
	return err_set(e, EX_CONFIG, "proxy: neither none nor http, https, socks4, socks4a, socks5 or socks5h://HOST:PORT: '%s'",
	    err_quote(proxy));
}

/* "host:port", "[::1]:port". */
static int check_connect_to(const char *to, struct err *e)
{
	const char *colon = strrchr(to, ':'), *port = colon ? colon + 1 : "";

	if (!colon || colon == to || strspn(port, "0123456789") != strlen(port) || !*port || strlen(port) > 5 || strpbrk(to, " /@\r\n") ||
	    (*to != '[' && strchr(to, ':') != colon))
		return err_set(e, EX_CONFIG, "connect_to: not HOST:PORT: '%s'", err_quote(to));
	return 0;
}

int network_check(const struct account *a, struct err *e)
{
	const char *proxy = account_text(a, "proxy"), *to = account_text(a, "connect_to"), *pinned = account_text(a, "pinned_key");

	if (proxy && check_proxy(proxy, e) < 0)
		return -1;
	if (to && check_connect_to(to, e) < 0)
		return -1;
	if (pinned && strncmp(pinned, "sha256//", 8) != 0)
		return err_set(e, EX_CONFIG, "pinned_key: not sha256// and BASE64: '%s'", err_quote(pinned));
	if (account_text(a, "client_key") && !account_text(a, "client_cert"))
		return err_set(e, EX_CONFIG, "client_key goes with client_cert");
	if (account_text(a, "client_key_password") && !account_text(a, "client_cert"))
		return err_set(e, EX_CONFIG, "client_key_password goes with client_cert");
	if (!account_text(a, "proxy_user") != !account_text(a, "proxy_password"))
		return err_set(e, EX_CONFIG, "proxy_user and proxy_password go together");
	return 0;
}

void network_set(const struct account *a, struct request *r)
{
	r->network = (struct network){
	    .ca_file = account_text(a, "ca_file"),
	    .client_cert = account_text(a, "client_cert"),
	    .client_key = account_text(a, "client_key"),
	    .client_key_password = account_secret(a, "client_key_password"),
	    .pinned_key = account_text(a, "pinned_key"),
	    .connect_to = account_text(a, "connect_to"),
	    .unix_socket = account_text(a, "unix_socket"),
	    .source = account_text(a, "source"),
	    .proxy = account_text(a, "proxy"),
	    .proxy_user = account_text(a, "proxy_user"),
	    .proxy_password = account_secret(a, "proxy_password"),
	};
}
