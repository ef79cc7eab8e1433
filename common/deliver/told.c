/*
 * Whoever types a message and looks at no receipt still learns what has become of it. What has ended badly is an error,
 * which -q leaves; what may still go well is a notice.
 */
#include <string.h>

#include "common/address/address.h"
#include "common/deliver/job.h"
#include "common/diag.h"

#include "common/banned.h"

static const char *who(const struct receipt *r)
{
	if (r->contact)
		return err_quote(r->contact);
	return diag_verbosity() > 0 ? err_quote(r->address) : err_quote(r->address ? address_masked(r->address) : NULL);
}

/* "ana: failed (whatsapp): no such recipient" */
static void tell(const struct receipt *r, bool goes_on)
{
	const char *why = r->text && *r->text ? err_visible(r->text) : failure_name(r->failure);
	const char *way = r->contact ? r->channel : r->via;
	struct err e;

	if (r->status == STATUS_DUPLICATE) {
		diag_note("%s: duplicate: a message with this id or dedupe key is known already", who(r));
		return;
	}
	/* A secret that cannot be read was named when it was read. */
	if (!why || (r->code && strcmp(r->code, "secret") == 0))
		return;
	err_set(&e, EX_UNDELIVERED, "%s: %s%s%s%s: %s", who(r), status_name(r->status), way ? " (" : "", way ? way : "", way ? ")" : "", why);
	if (status_bad(r->status) && !goes_on)
		diag_error(&e);
	else
		diag_note("%s", e.text);
}

int deliver_tell(struct deliver *d, const struct receipt *r, bool goes_on, struct err *e)
{
	if (d->o.aloud)
		tell(r, goes_on);
	return receipt_write(d->o.out, r, e);
}
