/*
 * Included last by every source file: functions that write without a bound, keep hidden state,
 * or cannot say that they failed, do not compile here.
 */
#ifndef MSG_BANNED_H
#define MSG_BANNED_H

#if defined(__GNUC__)
#undef sprintf  /* macros of some C libraries, which clang would complain of */
#undef vsprintf
#undef strncpy
#undef alloca
#pragma GCC poison sprintf vsprintf strcpy strcat strncpy strncat stpcpy gets strtok atoi atol atoll
#pragma GCC poison atof tmpnam mktemp tempnam system popen alloca asctime ctime gmtime localtime
#endif

#endif
