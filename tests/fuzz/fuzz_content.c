/* Words of an advertisement: reviewed once they are in order, or refused; a second look finds nothing to add. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/content.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const countries[] = {"", "US", "KR", "SG", "VN", "CN", "AE"};
	char *text = malloc(size + 1);

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
		struct content_question q = {.purpose = PURPOSE_MARKETING, .channel = "sms", .country = countries[i], .text = text};
		struct content_answer first, second;

		content_review(NULL, &q, &first);
		if (first.refused) {
			MUST(first.code[0] && first.text[0] && !first.words);
		} else if (first.words) {
			MUST(strstr(first.words, text));
			q.text = first.words;
			content_review(NULL, &q, &second);
			MUST(!second.refused && !second.words);
			content_answer_clear(&second);
		}
		content_answer_clear(&first);
	}
	free(text);
	return 0;
}
