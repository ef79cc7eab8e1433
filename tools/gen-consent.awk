# Rows of a struct requirement from common/policy/data/consent.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	split("otp transactional service marketing emergency", words, " ")
	for (i in words)
		purpose[words[i]] = "PURPOSE_" toupper(words[i])
	need["none"] = "CONSENT_UNSTATED"
	split("implied explicit double", words, " ")
	for (i in words)
		need[words[i]] = "CONSENT_" toupper(words[i])
}
/^#/ || $1 == "place" { next }
!($2 in purpose) || !($4 in need) || $1 !~ /^(\*|[A-Z][A-Z])$/ {
	printf "%s:%d: no such purpose, requirement or place\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	name = "consent/" $1 "/" $2 ($3 == "*" ? "" : "/" $3)
	printf "{%s, \"%s\", \"%s\", %s, %d, \"%s\", \"%s\"},\n", purpose[$2], $1 == "*" ? "" : $1, $3 == "*" ? "" : $3, need[$4], \
		$5, name, $6
}
