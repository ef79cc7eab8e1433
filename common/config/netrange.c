#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/compat.h"
#include "common/config/netrange.h"

#include "common/banned.h"

#define IPV4_BITS 96            /* before an IPv4 address: ::ffff:0:0/96 */

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* IPv4, RFC 6890 and the registry since. */
static const struct {
	unsigned char bytes[4];
	unsigned bits;
} special4[] = {
    {{0, 0, 0, 0}, 8},
    {{10, 0, 0, 0}, 8},
    {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},
    {{192, 0, 0, 0}, 24},
    {{192, 0, 2, 0}, 24},
    {{192, 31, 196, 0}, 24},
    {{192, 52, 193, 0}, 24},
    {{192, 88, 99, 0}, 24},
    {{192, 168, 0, 0}, 16},
    {{192, 175, 48, 0}, 24},
    {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 3},        /* multicast, reserved, broadcast */
};

/* Of IPv6 only 2000::/3 is given out; these parts of it are not for hosts. */
static const struct {
	unsigned char bytes[6];
	unsigned bits;
} special6[] = {
    {{0x20, 0x01}, 23},                         /* protocol assignments, Teredo, ORCHID, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112 */
    {{0x3f, 0xff}, 20},
};

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned char mask = (unsigned char)(0xff << (8 - bits % 8));

	return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static bool take(const struct sockaddr *address, unsigned char ret_bytes[16])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(ret_bytes, mapped, sizeof(mapped));
		memcpy(ret_bytes + sizeof(mapped), &v4.sin_addr, 4);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	memcpy(ret_bytes, &v6.sin6_addr, 16);
	return true;
}

static bool tail_is_clear(const struct netrange *r)
{
	for (unsigned bit = r->bits; bit < 128; bit++)
		if (r->bytes[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

int netrange_parse(const char *text, struct netrange *ret_range, struct err *e)
{
	size_t len = strcspn(text, "/");
	struct netrange r = {.bits = 128};
	char address[INET6_ADDRSTRLEN];
	unsigned most = 128;
	long bits;
	char *end;

	if (len >= sizeof(address))
		return err_set(e, EX_DATAERR, "not a range such as 10.0.0.0/8: '%s'", err_quote(text));
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, r.bytes + sizeof(mapped)) == 1) {
		memcpy(r.bytes, mapped, sizeof(mapped));
		most = 32;
	} else if (inet_pton(AF_INET6, address, r.bytes) != 1) {
		return err_set(e, EX_DATAERR, "not a range such as 10.0.0.0/8: '%s'", err_quote(text));
	}
	if (text[len] == '/') {
		bits = strtol(text + len + 1, &end, 10);
		if (!strchr("0123456789", text[len + 1]) || !text[len + 1] || *end || bits < 0 || bits > (long)most)
			return err_set(e, EX_DATAERR, "not a range such as 10.0.0.0/8: '%s'", err_quote(text));
		r.bits = (unsigned)bits + (128 - most);
	}
	if (!tail_is_clear(&r))
		return err_set(e, EX_DATAERR, "has bits behind its prefix: '%s'", err_quote(text));
	*ret_range = r;
	return 0;
}

bool netrange_has(const struct netrange *r, const struct sockaddr *address)
{
	unsigned char bytes[16];

	return take(address, bytes) && same_bits(r->bytes, bytes, r->bits);
}

static bool public4(const unsigned char *bytes)
{
	for (size_t i = 0; i < COUNT_OF(special4); i++)
		if (same_bits(special4[i].bytes, bytes, special4[i].bits))
			return false;
	return true;
}

bool netrange_public(const struct sockaddr *address)
{
	static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b}, six_to_four[2] = {0x20, 0x02}, given_out[1] = {0x20};
	unsigned char bytes[16];

	if (!take(address, bytes))
		return false;
	if (same_bits(mapped, bytes, IPV4_BITS) || same_bits(nat64, bytes, IPV4_BITS))
		return public4(bytes + sizeof(mapped));
	if (same_bits(six_to_four, bytes, 16))
		return public4(bytes + 2);
	for (size_t i = 0; i < COUNT_OF(special6); i++)
		if (same_bits(special6[i].bytes, bytes, special6[i].bits))
			return false;
	return same_bits(given_out, bytes, 3);
}
