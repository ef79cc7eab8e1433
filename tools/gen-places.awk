# Rows of a struct beginning from common/policy/data/places.tsv: one for each beginning, ranges written out.
BEGIN { FS = "\t" }
/^#/ || $1 == "kind" { next }
$1 !~ /^(postal|phone)$/ || NF != 5 {
	printf "%s:%d: not a row of places\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	count = split($3, parts, ",")
	for (i = 1; i <= count; i++) {
		from = to = parts[i]
		if (match(parts[i], "-")) {
			from = substr(parts[i], 1, RSTART - 1)
			to = substr(parts[i], RSTART + 1)
		}
		if (from == to)
			add(from)
		else
			for (n = from + 0; n <= to + 0; n++)
				add(sprintf("%0*d", length(from), n))
	}
}
function add(prefix,    key) {
	key = ($1 == "postal" ? $2 : "+") prefix
	row[key] = sprintf("{\"%s\", \"%s\", \"%s\", \"%s\"},", key, $2, $4, $5)
}
END { for (key in row) print row[key] | "LC_ALL=C sort" }
