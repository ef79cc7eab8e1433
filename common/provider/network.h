/* How an account's requests reach their server: settings that all providers over a network have, with their names in curl. */
#ifndef MSG_NETWORK_H
#define MSG_NETWORK_H

#include "common/provider/provider.h"

/* Rows of a provider's table; of those that a URL leads to something else than HTTP, without `unix_socket`. */
#define NETWORK_SETTINGS \
	{"ca_file", SETTING_PATH, false, NULL, "certificates to trust instead of the system's"}, \
	    {"client_cert", SETTING_PATH, false, NULL, "certificate to show, PEM, with its key or without"}, \
	    {"client_key", SETTING_PATH, false, NULL, "its key, PEM"}, \
	    {"client_key_password", SETTING_SECRET, false, NULL, "the key's password"}, \
	    {"pinned_key", SETTING_TEXT, false, NULL, "the server's public key: sha256//BASE64, several with ';' between"}, \
	    {"connect_to", SETTING_TEXT, false, NULL, "HOST:PORT to connect to instead of the URL's, which TLS still checks"}, \
	    {"source", SETTING_TEXT, false, NULL, "address or interface to connect from"}, \
	    {"proxy", SETTING_TEXT, false, NULL, "none, or http, https, socks4, socks4a, socks5 or socks5h://HOST:PORT"}, \
	    {"proxy_user", SETTING_TEXT, false, NULL, "name for the proxy"}, \
	    {"proxy_password", SETTING_SECRET, false, NULL, "its password"}

#define NETWORK_UNIX_SOCKET {"unix_socket", SETTING_PATH, false, NULL, "socket to connect to instead of the URL's host"}

/* EX_CONFIG, without a place. */
int network_check(const struct account *a, struct err *e);

void network_set(const struct account *a, struct request *r);

#endif
