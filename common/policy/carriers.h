/*
 * Which keywords a carrier acts on by itself: it blocks, and it answers. They are recorded like all others, and not
 * answered a second time. The table is data/carriers.tsv.
 */
#ifndef MSG_CARRIERS_H
#define MSG_CARRIERS_H

#include <stdbool.h>

#define CARRIER_TOLL_FREE "toll-free"

bool carrier_known(const char *carrier);

/* Does it answer this text? The whole of it has to be the word, in whatever case. */
bool carrier_answers(const char *carrier, const char *text);

/* Whether an address's number is a toll-free one of North America: "+18005550100". */
bool carrier_is_toll_free(const char *number);

#endif
