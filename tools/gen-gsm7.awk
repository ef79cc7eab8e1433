# Rows of a struct letter from common/sms/data/gsm7.tsv: a character and the tables that have it. First all of ASCII, so
# that it needs no search, then the rest, ascending. A locking shift has all of the basic table that it does not replace.
function value(hex, n, i) {
	n = 0
	for (i = 1; i <= length(hex); i++)
		n = n * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
	return n
}
function put(code, table) {
	tables[code] = tables[code] " | TABLE_" toupper(table)
	if (code > last)
		last = code
}
BEGIN { FS = "\t" }
/^#/ || $1 == "table" { next }
{
	name = $1
	sub("-", "_", name)
	put(value($3), name)
	if (name == "basic")
		basic[$2] = value($3)
	else if (name ~ /locking/)
		differs[name, $2] = locking[name] = 1
}
END {
	for (septet in basic)
		for (name in locking)
			if (!((name, septet) in differs))
				put(basic[septet], name)
	for (code = 0; code <= last; code++)
		if (code < 128 || code in tables)
			printf "{0x%x, 0%s},\n", code, tables[code]
}
