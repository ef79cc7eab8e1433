/* What POSIX.1-2008 leaves out and every system we run on has, in one place. */
#ifndef MSG_COMPAT_H
#define MSG_COMPAT_H

#include <stddef.h>

#if defined(__GNUC__)
#define COMPAT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define COMPAT_NORETURN __attribute__((noreturn))
#else
#define COMPAT_PRINTF(fmt, args)
#define COMPAT_NORETURN
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Random bytes from the kernel, at most 256 at a time; it cannot fail once the system has booted. */
int getentropy(void *data, size_t len);

#endif
