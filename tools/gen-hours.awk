# Rows of a struct hours_text from common/policy/data/hours.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	span = "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"
	hours = "^(any|closed|unclear|" span "([ ,]+" span ")*)$"
}
match($0, /^#.* As of [0-9-]+/) { printf "#define HOURS_TABLE_VERSION \"%s\"\n", substr($0, RSTART + RLENGTH - 7, 7) }
/^#/ || $1 == "jurisdiction" { next }
NF != 14 || $4 !~ hours || $5 !~ hours || $6 !~ hours || $7 !~ /^(allowed|closed|sun|unclear)$/ {
	printf "%s:%d: not a row of hours\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	gsub(/["\\]/, "", $12)
	line = ""
	for (i = 1; i <= 10; i++)
		line = line "\"" $i "\", "
	printf "{%s\"%s\"},\n", line, $12
}
