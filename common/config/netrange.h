/*
 * Ranges of internet addresses: 10.0.0.0/8, 192.0.2.7, fd00::/8; and which addresses are the whole internet's, so that
 * what a stranger's link names is not a service of this machine or its network.
 */
#ifndef MSG_NETRANGE_H
#define MSG_NETRANGE_H

#include <stdbool.h>

#include "common/err.h"

struct sockaddr;

/* IPv4 as IPv6 has it: ::ffff:10.0.0.0/104. */
struct netrange {
	unsigned char bytes[16];
	unsigned bits;
};

/* EX_DATAERR: not a range, or an address with bits behind its prefix. */
int netrange_parse(const char *text, struct netrange *ret_range, struct err *e);

/* False for anything but IPv4 and IPv6. */
bool netrange_has(const struct netrange *r, const struct sockaddr *address);

/*
 * Neither private, loopback, link-local, shared, multicast nor set aside for anything else (the IANA special-purpose
 * registries); IPv6 addresses that stand for IPv4 ones (mapped, NAT64, 6to4) are judged by those.
 */
bool netrange_public(const struct sockaddr *address);

#endif
