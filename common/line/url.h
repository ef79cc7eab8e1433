/* Which URLs a message may hold. */
#ifndef MSG_URL_H
#define MSG_URL_H

#include <stdbool.h>

/* http or https with a host, without spaces, quotes, angle brackets and control bytes. */
bool url_is_web(const char *text);

/* Of any scheme that opens an app, "clinic://ride/88", but none that holds or runs something by itself (data, javascript). */
bool url_is_app(const char *text);

#endif
