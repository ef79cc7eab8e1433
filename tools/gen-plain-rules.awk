# Rows of a struct plain_rule from common/policy/data/plain-rules.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	split("sure stop ask limit start yes help not", words, " ")
	for (i in words)
		verdict[words[i]] = "PLAIN_" toupper(words[i])
}
/^#/ || $1 == "id" { next }
!($3 in verdict) || $4 == "" || $5 == "" || $1 in seen {
	printf "%s:%d: no such verdict, no pattern, no example, or the id is taken\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	seen[$1] = 1
	gsub(/["\\]/, "\\\\&")
	printf "{\"%s\", \"%s\", %s, \"%s\", \"%s\"},\n", $1, $2, verdict[$3], $4, $5
}
