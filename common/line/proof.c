#include <arpa/inet.h>
#include <string.h>

#include "common/line/proof.h"

#include "common/banned.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

int proof_parse_hash(const char *text)
{
	return strlen(text) == 64 && strspn(text, DIGITS "abcdef") == 64 ? 0 : -1;
}

int proof_parse_ip(const char *text)
{
	unsigned char room[16];

	return inet_pton(AF_INET, text, room) == 1 || inet_pton(AF_INET6, text, room) == 1 ? 0 : -1;
}

int proof_parse_jurisdiction(const char *text)
{
	size_t part;

	if (strspn(text, LETTERS) != 2)
		return -1;
	if (!text[2])
		return 0;
	part = text[2] == '-' ? strspn(text + 3, LETTERS DIGITS) : 0;
	return part >= 1 && part <= 3 && !text[3 + part] ? 0 : -1;
}
