/* What proves a consent, as a line writes it: each 0 when the text has the form, else -1. */
#ifndef MSG_PROOF_H
#define MSG_PROOF_H

int proof_parse_hash(const char *text);         /* 64 hexadecimal digits in lower case: BLAKE2b-256 */
int proof_parse_ip(const char *text);           /* IPv4 or IPv6 */
int proof_parse_jurisdiction(const char *text); /* ISO 3166: "DE", or a part of a country such as "US-FL" */

#endif
