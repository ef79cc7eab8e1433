# Rows of a struct implied_span from common/policy/data/implied.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	split("otp transactional service marketing emergency", words, " ")
	for (i in words)
		purpose[words[i]] = "PURPOSE_" toupper(words[i])
}
/^#/ || $1 == "place" { next }
!($2 in purpose) || $1 !~ /^[A-Z][A-Z]$/ || $3 !~ /^(\*|[a-z][a-z-]*)$/ || $4 !~ /^([1-9][0-9]*[dmy])?$/ {
	printf "%s:%d: no such purpose, place, basis or span\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	count = $4 + 0
	unit = substr($4, length($4))
	printf "{%s, \"%s\", \"%s\", %d, %d, \"implied/%s/%s\", \"%s\"},\n", purpose[$2], $1, $3, unit == "d" ? count : 0, \
		unit == "y" ? 12 * count : unit == "m" ? count : 0, $1, $3, $5
}
