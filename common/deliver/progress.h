/* One line on a terminal's stderr that says how a long run goes. Nothing when stderr is no terminal or -q was given. */
#ifndef MSG_PROGRESS_H
#define MSG_PROGRESS_H

#include "common/deliver/deliver.h"

void progress_show(const struct deliver_counts *c);     /* call it often: it draws twice a second, from the second second on */
void progress_end(void);                                /* takes the line away */

#endif
