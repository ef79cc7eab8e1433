/* Ranges of addresses, and which addresses are the whole internet's. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/compat.h"
#include "common/config/netrange.h"

#include "common/banned.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage s = {.ss_family = AF_INET};

	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&s)->sin_addr) == 1)
		return s;
	s.ss_family = AF_INET6;
	if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&s)->sin6_addr) != 1)
		fail_msg("%s", text);
	return s;
}

static void public_or_not(void **state)
{
	static const char *const good[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1",
	    "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
	    "223.255.255.255", "2a00::1", "2606:4700::1111", "2001:200::", "2002:101:101::", "::ffff:8.8.8.8", "64:ff9b::808:808",
	    "3fff:1000::"};
	static const char *const bad[] = {"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
	    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
	    "198.51.100.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1",
	    "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2001:1ff:ffff::", "2002:7f00:1::", "2002:a00:1::1", "::ffff:127.0.0.1",
	    "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "3fff::1", "100::1", "5f00::1"};
	struct sockaddr_storage s;
	struct sockaddr local = {.sa_family = AF_UNIX};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		s = address_of(good[i]);
		if (!netrange_public((struct sockaddr *)&s))
			fail_msg("%s is not public", good[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		s = address_of(bad[i]);
		if (netrange_public((struct sockaddr *)&s))
			fail_msg("%s is public", bad[i]);
	}
	assert_false(netrange_public(&local));
}

static void ranges(void **state)
{
	static const struct {
		const char *range, *address;
		bool inside;
	} all[] = {
	    {"10.0.0.0/8", "10.255.0.1", true},
	    {"10.0.0.0/8", "11.0.0.1", false},
	    {"10.0.0.0/8", "::ffff:10.0.0.1", true},
	    {"127.0.0.1", "127.0.0.1", true},
	    {"127.0.0.1", "127.0.0.2", false},
	    {"172.16.0.0/12", "172.31.0.1", true},
	    {"172.16.0.0/12", "172.32.0.1", false},
	    {"0.0.0.0/0", "8.8.8.8", true},
	    {"0.0.0.0/0", "fd00::1", false},
	    {"fd00::/8", "fd12::1", true},
	    {"fd00::/8", "10.0.0.1", false},
	    {"::1", "::1", true},
	    {"::/0", "fe80::1", true},
	};
	struct netrange r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct sockaddr_storage s = address_of(all[i].address);

		assert_int_equal(netrange_parse(all[i].range, &r, &e), 0);
		if (netrange_has(&r, (struct sockaddr *)&s) != all[i].inside)
			fail_msg("%s in %s", all[i].address, all[i].range);
	}
}

static void no_ranges(void **state)
{
	static const char *const bad[] = {"", "localhost", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0/8",
	    "fd00::/129", "fd00::1/8", "10.0.0.0/ 8", "0000000000000000000000000000000000000000000000000000000::/1"};
	struct netrange r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (netrange_parse(bad[i], &r, &e) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(e.code, EX_DATAERR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(public_or_not),
	    cmocka_unit_test(ranges),
	    cmocka_unit_test(no_ranges),
	};

	return cmocka_run_group_tests_name("netrange", tests, NULL, NULL);
}
