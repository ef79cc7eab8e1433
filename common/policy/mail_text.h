/* What somebody wrote in a mail, as far as plain text tells: without what it answers, and without the signature. */
#ifndef MSG_MAIL_TEXT_H
#define MSG_MAIL_TEXT_H

/*
 * The text above the first quotation ("> …", with the line that introduces it, or a line of dashes) and above "-- "; where
 * there is no quotation, the first line and a salutation before it, because what follows may be anybody's. Lines that a
 * program has wrapped are one again, and a paragraph is a line. The caller's to free.
 */
char *mail_own_text(const char *text);

#endif
