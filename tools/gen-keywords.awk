# Rows of a struct keyword from common/policy/data/keywords.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	split("stop start help none", words, " ")
	for (i in words)
		meaning[words[i]] = "KEYWORD_" toupper(words[i])
	split("exact prefix literal", words, " ")
	for (i in words)
		match_kind[words[i]] = "KEYWORD_" toupper(words[i])
}
/^#/ || $1 == "language" { next }
!($3 in meaning) || !($4 in match_kind) {
	printf "%s:%d: no such meaning or match\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{ printf "{\"%s\", \"%s\", %s, %s, \"%s\"},\n", $1, $2, meaning[$3], match_kind[$4], $7 }
