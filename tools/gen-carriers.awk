# Rows of a struct carrier_word from common/policy/data/carriers.tsv.
BEGIN {
	FS = "\t"
	split("stop start help", words, " ")
	for (i in words)
		meaning[words[i]] = "KEYWORD_" toupper(words[i])
}
/^#/ || $1 == "carrier" { next }
!($3 in meaning) {
	printf "%s:%d: no such meaning\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{ printf "{\"%s\", \"%s\", %s},\n", $1, $2, meaning[$3] }
